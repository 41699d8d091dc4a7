package faulttest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/iamport-go/iamport"
)

// journalCall is one call of a journal in another process.
type journalCall struct {
	iamport.Attempt
	Begin      bool
	Quiet      time.Duration
	NotCharged bool
}

type journalAnswer struct {
	Wait  time.Duration
	Used  bool
	Error string
}

// remoteJournal is the journal behind journalHandler, as a database would be.
type remoteJournal struct{ url string }

func (j remoteJournal) Begin(ctx context.Context, a iamport.Attempt, quiet time.Duration) (time.Duration, error) {
	answer, err := j.call(ctx, journalCall{Attempt: a, Begin: true, Quiet: quiet})
	return answer.Wait, err
}

func (j remoteJournal) End(ctx context.Context, a iamport.Attempt, notCharged bool) error {
	_, err := j.call(ctx, journalCall{Attempt: a, NotCharged: notCharged})
	return err
}

func (j remoteJournal) call(ctx context.Context, c journalCall) (answer journalAnswer, err error) {
	body, err := json.Marshal(c)
	if err != nil {
		return answer, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, j.url, bytes.NewReader(body))
	if err != nil {
		return answer, err
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return answer, err
	}
	defer func() { _ = resp.Body.Close() }()
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		return answer, fmt.Errorf("the journal's answer: %w", err)
	}
	switch {
	case answer.Used:
		return answer, iamport.ErrAttemptUsed
	case answer.Error != "":
		return answer, errors.New(answer.Error)
	}
	return answer, nil
}

// journalHandler lets other processes use a journal.
func journalHandler(j iamport.Journal) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var c journalCall
		var answer journalAnswer
		err := json.NewDecoder(r.Body).Decode(&c)
		switch {
		case err != nil:
		case c.Begin:
			answer.Wait, err = j.Begin(r.Context(), c.Attempt, c.Quiet)
		default:
			err = j.End(r.Context(), c.Attempt, c.NotCharged)
		}
		if answer.Used = errors.Is(err, iamport.ErrAttemptUsed); err != nil {
			answer.Error = err.Error()
		}
		_ = json.NewEncoder(w).Encode(answer)
	})
}
