package faulttest_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/internal/clienttest"
)

// An HTTP/2 answer that is not the final one ends the call within its time, and the
// client works afterwards.
func TestAnswersThatAreNotFinalOverHTTP2(t *testing.T) {
	t.Parallel()
	const signIn = "/users/getToken"
	for name, answer := range map[string]func(*stream) error{
		"silence":          func(*stream) error { return nil },
		"101":              func(st *stream) error { return st.headers("101", false) },
		"103":              func(st *stream) error { return st.headers("103", false) },
		"103 at the end":   func(st *stream) error { return st.headers("103", true) },
		"100 without end":  func(st *stream) error { return st.repeatHeaders("100", 0) },
		"103 without end":  func(st *stream) error { return st.repeatHeaders("103", 0) },
		"102 now and then": func(st *stream) error { return st.repeatHeaders("102", 20*time.Millisecond) },
	} {
		for target, at := range map[string]struct {
			is   func(*stream) bool
			call clienttest.Op
		}{
			"sign-in": {func(st *stream) bool { return st.path == signIn }, clienttest.Reads["Token"]},
			"read":    {func(st *stream) bool { return st.method == "GET" }, clienttest.Reads["GetPayment"]},
			"charge":  {func(st *stream) bool { return clienttest.IsChange(st.method, st.path) }, clienttest.Changes["Again"]},
		} {
			t.Run(name+" to a "+target, func(t *testing.T) {
				t.Parallel()
				var good atomic.Bool
				s := newFramerServer(t, func(st *stream) (bool, error) {
					if good.Load() || !st.ended || !at.is(st) {
						return false, nil
					}
					return true, answer(st)
				})
				c := s.client(t, newHTTP2Client(t), iamport.WithTimeout(250*time.Millisecond))
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
				defer cancel()
				if target == "read" { // it is tried four times, each with its own time-out
					time.AfterFunc(400*time.Millisecond, cancel)
				}
				require.Error(t, at.call(ctx, c))
				require.NotErrorIs(t, ctx.Err(), context.DeadlineExceeded, "the call hangs")
				good.Store(true)
				// The server may still be writing, and a call during the end of a failed sign-in
				// gets its error.
				require.Eventually(t, func() bool { return clienttest.Reads["Token"](t.Context(), c) == nil }, 10*time.Second, 10*time.Millisecond)
				for _, next := range []clienttest.Op{clienttest.Reads["GetPayment"], clienttest.Changes["Again"]} {
					require.Eventually(t, func() bool { return next(t.Context(), c) == nil }, 10*time.Second, 10*time.Millisecond)
				}
			})
		}
	}
}
