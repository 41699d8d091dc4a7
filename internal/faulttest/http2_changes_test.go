package faulttest_test

import (
	"crypto/tls"
	"errors"
	"maps"
	"net"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/http2"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/internal/clienttest"
)

// streamFaults are the ways in which an HTTP/2 server ends a stream, or the connection
// of it.
func streamFaults() map[string]func(*stream) error {
	faults := map[string]func(*stream) error{
		"GOAWAY with a lower last stream": func(st *stream) error { return st.WriteGoAway(st.id-2, http2.ErrCodeNo, nil) },
		"GOAWAY with last stream 0":       func(st *stream) error { return st.WriteGoAway(0, http2.ErrCodeNo, nil) },
		"GOAWAY with a lower last stream, and closed": func(st *stream) error {
			return errors.Join(st.WriteGoAway(st.id-2, http2.ErrCodeNo, nil), errDisconnect)
		},
		"GOAWAY with an error and a lower last stream": func(st *stream) error {
			return errors.Join(st.WriteGoAway(st.id-2, http2.ErrCodeEnhanceYourCalm, nil), errDisconnect)
		},
		"GOAWAY with this stream, and closed": func(st *stream) error {
			return errors.Join(st.WriteGoAway(st.id, http2.ErrCodeNo, nil), errDisconnect)
		},
		"GOAWAY, then REFUSED_STREAM": func(st *stream) error {
			return errors.Join(st.WriteGoAway(st.id, http2.ErrCodeNo, nil), st.WriteRSTStream(st.id, http2.ErrCodeRefusedStream))
		},
		"closed": func(*stream) error { return errDisconnect },
		"reset": func(st *stream) error {
			_ = st.conn.(*tls.Conn).NetConn().(*net.TCPConn).SetLinger(0)
			return errors.Join(st.conn.(*tls.Conn).NetConn().Close(), errDisconnect)
		},
		"closed after the headers of the answer": func(st *stream) error { return errors.Join(st.headers("200", false), errDisconnect) },
		"REFUSED_STREAM after the headers of the answer": func(st *stream) error {
			return errors.Join(st.headers("200", false), st.WriteRSTStream(st.id, http2.ErrCodeRefusedStream))
		},
		"an answer that ends with its headers": func(st *stream) error { return st.headers("200", true) },
		"421":                                  func(st *stream) error { return st.headers("421", true) },
		"425":                                  func(st *stream) error { return st.headers("425", true) },
		"503":                                  func(st *stream) error { return st.headers("503", true) },
	}
	for code := http2.ErrCodeNo; code <= http2.ErrCodeHTTP11Required; code++ {
		faults["RST_STREAM with "+code.String()] = func(st *stream) error { return st.WriteRSTStream(st.id, code) }
	}
	return faults
}

// An HTTP/2 server reads the headers of a change, or all of it, and ends the stream
// or the connection. The change is not sent again, and the outcome is unknown.
func TestChangesAreSentOnceOverHTTP2(t *testing.T) {
	t.Parallel()
	for name, fault := range streamFaults() {
		for _, afterBody := range []bool{false, true} {
			when := map[bool]string{false: "after the headers", true: "after the body"}[afterBody]
			t.Run(name+", "+when, func(t *testing.T) {
				t.Parallel()
				s := newFramerServer(t, func(st *stream) (bool, error) {
					if !clienttest.IsChange(st.method, st.path) || afterBody && !st.ended {
						return false, nil
					}
					return true, fault(st)
				})
				hc := newHTTP2Client(t)
				for i, op := range slices.Sorted(maps.Keys(clienttest.Changes)) {
					err := clienttest.Changes[op](t.Context(), s.client(t, hc))
					require.Len(t, s.changes(), i+1, "%s: %v", op, err)
					_, unknown := errors.AsType[*iamport.OutcomeUnknownError](err)
					require.True(t, unknown, "%s: %v", op, err)
				}
			})
		}
	}
}
