package hostile_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/internal/clienttest"
)

// notFinal are answers after which an HTTP client would wait for another one without
// end.
var notFinal = func() map[string]func(net.Conn) {
	all := map[string]func(net.Conn){
		"101": func(conn net.Conn) {
			write(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n")
			_, _ = io.Copy(io.Discard, conn) // until the client disconnects
		},
		"101 without a protocol": func(conn net.Conn) {
			write(conn, "HTTP/1.1 101 Switching Protocols\r\n\r\n")
			_, _ = io.Copy(io.Discard, conn)
		},
		"101 with a good answer": func(conn net.Conn) {
			write(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"+clienttest.PaidJSON)
			_, _ = io.Copy(io.Discard, conn)
		},
		"101 without end": func(conn net.Conn) {
			repeat(conn, "HTTP/1.1 101 Switching Protocols\r\n\r\n", clienttest.PaidJSON, 0)
		},
		"099": func(conn net.Conn) {
			write(conn, "HTTP/1.1 099 Odd\r\nContent-Type: application/json\r\n\r\n"+clienttest.PaidJSON)
			_, _ = io.Copy(io.Discard, conn)
		},
	}
	for _, status := range []int{100, 102, 103} {
		answer := fmt.Sprintf("HTTP/1.1 %d Informational\r\nLink: </style.css>\r\n\r\n", status)
		all[fmt.Sprintf("%d without end", status)] = func(conn net.Conn) { repeat(conn, "", answer, 0) }
		all[fmt.Sprintf("%d now and then", status)] = func(conn net.Conn) { repeat(conn, "", answer, 20*time.Millisecond) }
	}
	return all
}()

// repeat writes a text, and then another one until the client disconnects.
func repeat(conn net.Conn, first, text string, pause time.Duration) {
	if pause == 0 {
		text = strings.Repeat(text, 100)
	}
	_, err := io.WriteString(conn, first)
	for err == nil {
		time.Sleep(pause)
		_, err = io.WriteString(conn, text)
	}
}

// targets are a sign-in, a read and a charge.
var targets = map[string]struct {
	is   func(*http.Request) bool
	call clienttest.Op
}{
	"sign-in": {func(r *http.Request) bool { return r.URL.Path == "/users/getToken" }, clienttest.Reads["Token"]},
	"read":    {func(r *http.Request) bool { return r.Method == http.MethodGet }, clienttest.Reads["GetPayment"]},
	"charge":  {func(r *http.Request) bool { return r.Method == http.MethodPost && r.URL.Path != "/users/getToken" }, clienttest.Changes["Again"]},
}

// An answer that is not the final one ends the call within its time, and the client
// works afterwards: the next sign-in, the next read and the next charge.
func TestAnswersThatAreNotFinal(t *testing.T) {
	t.Parallel()
	for name, answer := range notFinal {
		for target, at := range targets {
			t.Run(name+" to a "+target, func(t *testing.T) {
				t.Parallel()
				var good atomic.Bool
				url := listen(t, func(conn net.Conn) {
					serveConn(conn, func(r *http.Request) bool {
						if good.Load() || !at.is(r) {
							return false
						}
						readAll(r)
						answer(conn)
						return true
					})
				})
				c := dial(t, url, iamport.WithTimeout(500*time.Millisecond))
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				if target == "read" { // it is tried four times, each with its own time-out
					time.AfterFunc(700*time.Millisecond, cancel)
				}
				require.Error(t, ends(t, func() error { return at.call(ctx, c) }))
				good.Store(true)
				// A call during the end of the failed sign-in gets its error.
				require.Eventually(t, func() bool { return clienttest.Reads["Token"](t.Context(), c) == nil }, 10*time.Second, time.Millisecond)
				for _, next := range targets {
					require.NoError(t, ends(t, func() error { return next.call(t.Context(), c) }))
				}
			})
		}
	}
}

// ends returns the error of a call, and fails if there is none within ten seconds,
// which is far above any time-out here.
func ends(t *testing.T, call func() error) error {
	t.Helper()
	result := make(chan error, 1)
	go func() { result <- call() }()
	select {
	case err := <-result:
		return err
	case <-time.After(10 * time.Second):
		require.FailNow(t, "the call hangs")
		return nil
	}
}
