package main

import (
	"context"
	"fmt"
	"time"
)

// state is how far a run is.
type state struct {
	settled int // months that are paid, or will not be because the subscription ended
	pastDue int // subscribers
	open    int // orders without an end
	unknown int // of these, those whose outcome is not known
}

// outage is how long the database may not answer.
const outage = time.Minute

// watch shows the progress until all months are settled and no order is open.
func (p *program[TTx]) watch(ctx context.Context, failed <-chan error) error {
	total := p.plan.subscribers * p.plan.months
	defer p.progress.finish()
	answered := time.Now()
	for {
		s, err := p.state(ctx)
		switch {
		case err == nil:
			answered = time.Now()
			p.progress.show(s)
		case time.Since(answered) > outage:
			return fmt.Errorf("the database has not answered for %v: %w", outage, err)
		}
		if err == nil && s.settled == total && s.open == 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return errStopped
		case err := <-failed:
			return err
		case <-time.After(200 * time.Millisecond):
		}
	}
}

func (p *program[TTx]) state(ctx context.Context) (s state, err error) {
	err = row(ctx, p.db, fmt.Sprintf(`SELECT COALESCE(SUM(CASE WHEN state = 'ended' THEN %d ELSE paid END), 0),
		COALESCE(SUM(CASE WHEN state = 'past due' THEN 1 ELSE 0 END), 0) FROM subscribers`, p.plan.months), nil, &s.settled, &s.pastDue)
	if err != nil {
		return s, err
	}
	err = row(ctx, p.db, `SELECT COUNT(*), COUNT(unknown_since) FROM iamport_orders WHERE ended_at IS NULL`, nil, &s.open, &s.unknown)
	return s, err
}
