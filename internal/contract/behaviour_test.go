package contract_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/internal/clienttest"
	"github.com/iamport-go/iamport/internal/contract"
)

const behaviour = "testdata/behaviour.txt"

// TestBehaviour compares the behaviour of every operation with a table: whether it
// waits for the limiter and sends a mark, how often it is sent when its answer is
// lost, is a 503, or is the API's own 401, and the kind of its error.
func TestBehaviour(t *testing.T) {
	t.Parallel()
	api, err := contract.Load()
	require.NoError(t, err)
	var table strings.Builder
	fmt.Fprintf(&table, "%-22s %-7s %-5s %-15s %-15s %-15s %s\n", "operation", "limiter", "mark", "answer lost", "503", "401 twice", "can be rewound")
	for _, o := range api.Operations {
		if o.Twin {
			continue
		}
		reset := observe(t, o, func(*http.Request) (*http.Response, error) { return nil, syscall.ECONNRESET })
		gateway := observe(t, o, clienttest.Answering(503, "text/html", "<html>"))
		unauthorized := observe(t, o, clienttest.AnsweringJSON(401, `{"code":-1,"message":"Unauthorized","response":null}`))
		require.Equal(t, reset.rewindable, gateway.rewindable)
		fmt.Fprintf(&table, "%-22s %-7d %-5t %-15s %-15s %-15s %t\n", o.Op, reset.turns, reset.marks > 0, reset, gateway, unauthorized, reset.rewindable)
	}
	if *update {
		require.NoError(t, os.WriteFile(behaviour, []byte(table.String()), 0o644))
	}
	want, err := os.ReadFile(behaviour)
	require.NoError(t, err)
	require.Equal(t, string(want), table.String(), "go test -run TestBehaviour -update ./internal/contract writes it")
}

// observed is what one call did.
type observed struct {
	sent, turns, marks int
	rewindable         bool // net/http could send a change again by itself
	err                error
}

func (o observed) String() string {
	kind := "error"
	switch {
	case o.err == nil:
		kind = "nil"
	case errors.As(o.err, new(*iamport.OutcomeUnknownError)):
		kind = "unknown"
	case errors.Is(o.err, iamport.ErrNotCharged):
		kind = "not charged"
	}
	return fmt.Sprintf("%d, %s", o.sent, kind)
}

// observe makes the call of an operation whose every request is answered in one way.
func observe(t *testing.T, o contract.Operation, answer clienttest.Transport) (seen observed) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		var turns atomic.Int64
		transport := clienttest.Transport(func(r *http.Request) (*http.Response, error) {
			isSignIn := r.URL.Path == "/users/getToken"
			switch {
			case isSignIn && o.Op != "Token":
				return clienttest.JSON(200, clienttest.Grant("a0b1c2d3", time.Now().Unix(), time.Now().Unix()+1800)), nil
			case r.Method == http.MethodGet && o.Method != http.MethodGet:
				return clienttest.JSON(200, clienttest.Envelope(`{"total":0,"previous":0,"next":0,"list":[]}`)), nil
			}
			seen.sent++
			if strings.Contains(r.UserAgent(), "(") {
				seen.marks++
			}
			if r.Body != nil {
				_, _ = io.Copy(io.Discard, r.Body)
			}
			seen.rewindable = seen.rewindable || r.Method != http.MethodGet && !isSignIn && (r.Body == nil || r.GetBody != nil)
			for name := range r.Header {
				seen.rewindable = seen.rewindable || strings.Contains(strings.ToLower(name), "idempotency")
			}
			return answer(r)
		})
		c := clienttest.NewClient(t, transport, iamport.WithSandbox(), iamport.WithLimiter(clienttest.Limiter(func(context.Context) error {
			turns.Add(1)
			return nil
		})))
		_, seen.err = fill(o.Op).invoke(t, c, o.Op)
		seen.turns = int(turns.Load())
	})
	return seen
}
