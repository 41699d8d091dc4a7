package hostile_test

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/internal/clienttest"
)

// offline are the methods of Client that send nothing.
var offline = []string{"Format", "LogValue", "MarshalText", "String", "WebhookHandler"}

// The tables of this suite have every method of Client, so that a new change cannot
// be left out.
func TestEveryMethodIsAChangeOrARead(t *testing.T) {
	t.Parallel()
	listed := map[string]string{}
	for _, name := range offline {
		listed[name] = "offline"
	}
	for kind, ops := range map[string]map[string]clienttest.Op{"change": clienttest.Changes, "read": clienttest.Reads} {
		for name := range ops {
			method, _, _ := strings.Cut(name, " ")
			require.True(t, listed[method] == "" || listed[method] == kind || method == "Call", "%s is in two tables", method)
			listed[method] = kind
		}
	}
	client := reflect.TypeFor[*iamport.Client]()
	for i := range client.NumMethod() {
		require.Contains(t, listed, client.Method(i).Name, "put it into clienttest.Changes or clienttest.Reads")
	}
}

// A method listed as a read sends only GETs.
func TestReadsSendNothingButGET(t *testing.T) {
	t.Parallel()
	for op, do := range clienttest.Reads {
		stub := clienttest.Always(func(r *http.Request) (*http.Response, error) {
			return clienttest.JSON(clienttest.LookUp(r.URL.Path)), nil
		})
		_ = do(t.Context(), clienttest.NewClient(t, stub))
		require.Equal(t, op != "Token", len(stub.Requests()) > 0, op)
		for _, r := range stub.Requests() {
			require.Equal(t, "GET", r.Method, op)
		}
	}
}

// net/http sends a request again by itself if it has no body, or a body that can be
// rewound, or a header that allows it. A change has none of these.
func TestChangesGiveTheTransportNothingToSendAgain(t *testing.T) {
	t.Parallel()
	for op, do := range clienttest.Changes {
		t.Run(op, func(t *testing.T) {
			t.Parallel()
			sent := 0
			c := clienttest.NewClient(t, clienttest.Transport(func(r *http.Request) (*http.Response, error) {
				if !clienttest.IsChange(r.Method, r.URL.Path) {
					return clienttest.JSON(clienttest.LookUp(r.URL.Path)), nil
				}
				sent++
				require.NotNil(t, r.Body)
				require.NotEqual(t, http.NoBody, r.Body)
				require.Nil(t, r.GetBody)
				for name := range r.Header {
					require.NotContains(t, strings.ToLower(name), "idempotency")
				}
				return nil, io.ErrUnexpectedEOF
			}), iamport.WithSettleWindow(0))
			require.Error(t, do(t.Context(), c))
			require.Equal(t, 1, sent)
		})
	}
}

// connectionFaults are the ways in which a server ends the connection of a request.
// They get it before its body was read.
var connectionFaults = map[string]func(conn net.Conn, r *http.Request){
	"closed after the headers": func(net.Conn, *http.Request) {},
	"reset after the headers":  func(conn net.Conn, _ *http.Request) { reset(conn) },
	"closed before the answer": func(_ net.Conn, r *http.Request) { readAll(r) },
	"reset before the answer":  func(conn net.Conn, r *http.Request) { readAll(r); reset(conn) },
	"closed for writing": func(conn net.Conn, r *http.Request) {
		readAll(r)
		_ = conn.(*net.TCPConn).CloseWrite()
		_, _ = io.Copy(io.Discard, conn) // until the client disconnects
	},
	"closed within the status line": func(conn net.Conn, r *http.Request) { readAll(r); write(conn, "HTTP/1.") },
	"closed within the headers": func(conn net.Conn, r *http.Request) {
		readAll(r)
		write(conn, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n")
	},
	"closed before the body of the answer": func(conn net.Conn, r *http.Request) {
		readAll(r)
		write(conn, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")
	},
	"closed within the body of the answer": func(conn net.Conn, r *http.Request) {
		readAll(r)
		write(conn, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"code\":0,")
	},
	"408 of an idle connection": func(conn net.Conn, _ *http.Request) {
		write(conn, "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
	},
	"no HTTP": func(conn net.Conn, r *http.Request) { readAll(r); write(conn, "\x15\x03\x01\x00\x02\x02\x0a") },
}

func readAll(r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) }

func write(conn net.Conn, text string) { _, _ = io.WriteString(conn, text) }

func reset(conn net.Conn) { _ = conn.(*net.TCPConn).SetLinger(0) }

// A server reads a change on a reused connection and ends the connection. The change
// is not sent again, and the outcome is unknown.
func TestChangesAreSentOnceOverHTTP1(t *testing.T) {
	t.Parallel()
	for name, fault := range connectionFaults {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, op := range slices.Sorted(maps.Keys(clienttest.Changes)) {
				var mu sync.Mutex
				connections := 0
				seen := map[string]int{} // changes by method and path, with the connection they came on
				url := listen(t, func(conn net.Conn) {
					mu.Lock()
					connections++
					number := connections
					mu.Unlock()
					serveConn(conn, func(r *http.Request) bool {
						if !clienttest.IsChange(r.Method, r.URL.Path) {
							return false
						}
						mu.Lock()
						seen[fmt.Sprintf("%s on connection %d", op, number)]++
						mu.Unlock()
						fault(conn, r)
						return true
					})
				})
				c := dial(t, url, iamport.WithTimeout(10*time.Second))
				_, err := c.Token(t.Context())
				require.NoError(t, err)
				err = clienttest.Changes[op](t.Context(), c)
				_, unknown := errors.AsType[*iamport.OutcomeUnknownError](err)
				require.True(t, unknown, "%s: %v", op, err)
				mu.Lock()
				require.Equal(t, map[string]int{op + " on connection 1": 1}, seen)
				mu.Unlock()
			}
		})
	}
}
