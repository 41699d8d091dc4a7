// Package sandbox serves the test double of iamport over HTTP, with a state on disk, a clock that can be fast, and fault
// rules.
package sandbox

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/iamport-go/iamport/cmd/iamport-sandbox/internal/clock"
	"github.com/iamport-go/iamport/cmd/iamport-sandbox/internal/exchange"
	"github.com/iamport-go/iamport/cmd/iamport-sandbox/internal/fault"
	"github.com/iamport-go/iamport/cmd/iamport-sandbox/internal/store"
	"github.com/iamport-go/iamport/iamporttest"
)

// tick is how often the sandbox runs what is due.
const tick = 100 * time.Millisecond

// Config is how a sandbox starts.
type Config struct {
	// File is the SQLite file; empty keeps the state in memory.
	File string
	// Speed is how many times faster its clock is than that of the computer; 0 is 1.
	Speed float64
	// Jump moves the clock forward at the start.
	Jump time.Duration
	// RequireToken refuses requests without a token.
	RequireToken bool
	// Webhook is the webhook URL of the shop; empty sends none.
	Webhook string
	// Faults are the first fault rules.
	Faults []string
	Log    *slog.Logger
}

// Sandbox is a running sandbox. All that it has is safe for concurrent use.
type Sandbox struct {
	// Server is the test double. It saves each change before it answers.
	Server *iamporttest.Server
	Clock  *clock.Clock
	Faults *fault.Rules
	// Changes tells who waits for it that something has changed.
	Changes *Changes
	// RequireToken reports whether requests without a token are refused.
	RequireToken bool

	store   *store.Store
	log     *slog.Logger
	failing atomic.Bool
	stop    context.CancelFunc
	stopped chan struct{}
}

// Open loads the state and starts the clock. The caller closes the sandbox.
func Open(ctx context.Context, c Config) (*Sandbox, error) {
	s := &Sandbox{Changes: newChanges(), RequireToken: c.RequireToken, log: c.Log, stopped: make(chan struct{})}
	var err error
	if s.store, err = store.Open(ctx, c.File); err != nil {
		return nil, err
	}
	if err := s.start(ctx, c); err != nil {
		return nil, errors.Join(err, s.store.Close())
	}
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	s.stop = stop
	go s.run(running)
	return s, nil
}

func (s *Sandbox) start(ctx context.Context, c Config) error {
	offset, err := s.store.Offset(ctx)
	if err != nil {
		return err
	}
	speed := max(1, c.Speed)
	s.Clock = clock.New(offset, speed)
	if err := s.Clock.Jump(c.Jump); err != nil {
		return err
	}
	s.store.SetOffset(s.Clock.Offset)
	opts := []iamporttest.Option{iamporttest.WithClock(s.Clock.Now), iamporttest.WithoutRequestLog(),
		// A token is valid for half an hour by the clock of its user.
		iamporttest.WithTokenLife(time.Duration(float64(30*time.Minute) * speed))}
	if !c.RequireToken {
		opts = append(opts, iamporttest.WithOptionalToken())
	}
	if c.Webhook != "" {
		opts = append(opts, iamporttest.WithWebhookURL(c.Webhook))
	}
	if s.Server, err = iamporttest.Open(s.store, opts...); err != nil {
		return err
	}
	s.Faults = fault.New(s.Server)
	for _, text := range c.Faults {
		if _, err := s.Faults.Add(text); err != nil {
			return err
		}
	}
	_, err = s.Server.Sync()
	return err
}

// run runs what is due until ctx ends.
func (s *Sandbox) run(ctx context.Context) {
	defer close(s.stopped)
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	webhooks := 0
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		s.sync()
		if changes := s.Server.WebhookChanges(); changes != webhooks {
			webhooks = changes
			s.Changes.Notify()
		}
	}
}

// sync runs what is due now, and saves it and the exchanges.
func (s *Sandbox) sync() {
	changed, err := s.Server.Sync()
	s.report(errors.Join(err, s.store.Flush()))
	if changed {
		s.Changes.Notify()
	}
}

// report logs the first of several errors of the file, and when they end.
func (s *Sandbox) report(err error) {
	switch {
	case err != nil && !s.failing.Swap(true):
		s.log.Error("the state cannot be saved; requests are not answered until it can", "error", err)
	case err == nil && s.failing.Swap(false):
		s.log.Info("the state is saved again")
	}
}

// ErrNotSaved is the error of a change that was made but not saved.
var ErrNotSaved = errors.New("the change is not saved")

// Jump moves the clock forward by d, and runs and saves all that is due then. The error is ErrNotSaved if only saving
// failed.
func (s *Sandbox) Jump(d time.Duration) error {
	if err := s.Clock.Jump(d); err != nil {
		return err
	}
	_, err := s.Server.Sync()
	err = errors.Join(err, s.store.Flush())
	s.Changes.Notify()
	if err != nil {
		s.report(err)
		return ErrNotSaved
	}
	return nil
}

// Exchanges returns the newest exchanges, the newest first: those of merchantUID, or all if it is empty. With before,
// only those with a smaller ID.
func (s *Sandbox) Exchanges(ctx context.Context, merchantUID string, before int64, limit int) ([]exchange.Exchange, error) {
	return s.store.Exchanges(ctx, merchantUID, before, limit)
}

// Close saves the state and closes the file. No request may be running.
func (s *Sandbox) Close() error {
	s.stop()
	<-s.stopped
	_, err := s.Server.Sync()
	return errors.Join(err, s.store.Close())
}
