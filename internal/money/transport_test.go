package money_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/iamporttest"
	"github.com/iamport-go/iamport/internal/clienttest"
)

// ownProtocol speaks HTTP over a connection that an *http.Transport has made, and
// calls no hook of httptrace.
type ownProtocol struct{ conn *tls.Conn }

func (p ownProtocol) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Write(p.conn); err != nil {
		return nil, err
	}
	return http.ReadResponse(bufio.NewReader(p.conn), r)
}

// serveOwnProtocol signs in, has no records, and executes every change without an
// answer.
func serveOwnProtocol(conn net.Conn, changes *atomic.Int64) {
	defer func() { _ = conn.Close() }()
	for requests := bufio.NewReader(conn); ; {
		r, err := http.ReadRequest(requests)
		if err != nil {
			return
		}
		_, _ = io.Copy(io.Discard, r.Body)
		body := clienttest.Envelope(`{"total":0,"previous":0,"next":0,"list":[]}`)
		switch {
		case r.URL.Path == "/users/getToken":
			body = clienttest.Grant("a0b1c2d3", time.Now().Unix(), time.Now().Unix()+1800)
		case r.Method == http.MethodPost:
			changes.Add(1)
			return
		}
		_, _ = fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
	}
}

// An *http.Transport with a custom protocol calls GetConn but never GotConn. The
// request may have arrived.
func TestTransportWithAProtocolOfItsOwnMayHaveSent(t *testing.T) {
	t.Parallel()
	authority := httptest.NewTLSServer(nil)
	certificates, pool := authority.TLS.Certificates, x509.NewCertPool()
	pool.AddCert(authority.Certificate())
	authority.Close()
	listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: certificates, NextProtos: []string{"shop/1"}, MinVersion: tls.VersionTLS12})
	require.NoError(t, err)
	defer func() { _ = listener.Close() }()
	var changes atomic.Int64
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go serveOwnProtocol(conn, &changes)
		}
	}()
	journal := iamport.NewMemoryJournal()
	process := func() *iamport.Client {
		return clienttest.NewClient(t, &http.Transport{
			TLSClientConfig: &tls.Config{RootCAs: pool, NextProtos: []string{"shop/1"}, MinVersion: tls.VersionTLS12},
			TLSNextProto: map[string]func(string, *tls.Conn) http.RoundTripper{
				"shop/1": func(_ string, conn *tls.Conn) http.RoundTripper { return ownProtocol{conn} },
			},
		}, iamport.WithBaseURL("https://"+listener.Addr().String()), iamport.WithTimeout(3*time.Second),
			iamport.WithSettleWindow(200*time.Millisecond), iamport.WithJournal(journal))
	}
	_, err = process().Again(t.Context(), clienttest.Order)
	clienttest.OutcomeUnknown(t, err)
	_, err = process().CancelPayment(t.Context(), iamport.CancelRequest{ImpUID: "imps_1", Full: true})
	require.NotErrorIs(t, err, iamport.ErrNotCharged)
	require.Equal(t, int64(2), changes.Load())

	next := clienttest.Order
	next.MerchantUID = "order-2"
	for range 2 {
		_, err = process().EnsurePaid(t.Context(), next)
		unknown(t, err)
	}
	require.Equal(t, int64(3), changes.Load(), "the second EnsurePaid sends nothing")
}

// If Begin and the connection both take nearly the time-out, it is too late: the body
// of the charge is not sent.
func TestChargeDoesNotLeaveLateAfterItsConnection(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		// 315 s from the sending of a charge to its record: less than the quiet period
		// less the time-out.
		s := newShop(t, iamporttest.WithDuplicates(iamporttest.RefuseNone), iamporttest.WithPGTime(315*time.Second))
		shared := iamport.NewMemoryJournal()
		began := time.Now()

		crashed, crash := context.WithCancel(t.Context())
		first := newNotes()
		first.Journal, first.noEnds = slowCommit{shared}, true
		a := s.client(iamport.WithJournal(first), iamport.WithHTTPClient(&http.Client{Transport: transport(func(r *http.Request) (*http.Response, error) {
			if strings.HasSuffix(r.URL.Path, "/again") {
				time.Sleep(59 * time.Second) // the connection is made
				time.AfterFunc(100*time.Millisecond, crash)
			}
			return s.RoundTrip(r)
		})}))
		go func() { _, _ = a.EnsurePaid(crashed, order) }()

		second := newNotes()
		second.Journal = shared
		second.begin = func(context.Context) (time.Duration, error) { // waits for a lock
			time.Sleep(59500 * time.Millisecond)
			return 0, nil
		}
		b := s.client(iamport.WithJournal(second))
		time.Sleep(381*time.Second - time.Since(began))
		_, _ = b.EnsurePaid(t.Context(), order)
		time.Sleep(time.Hour)
		require.Equal(t, 1, s.Charges(order.MerchantUID))
	})
}

// slowCommit takes 59 s after it has recorded an attempt.
type slowCommit struct{ iamport.Journal }

func (j slowCommit) Begin(ctx context.Context, a iamport.Attempt, quiet time.Duration) (time.Duration, error) {
	wait, err := j.Journal.Begin(ctx, a, quiet)
	time.Sleep(59 * time.Second)
	return wait, err
}

// An End that ignores its context or panics changes no outcome. After a Begin that
// panics or returns a negative wait, nothing is sent.
func TestJournalsThatMisbehave(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newShop(t)
		stop := make(chan struct{})
		defer close(stop)
		began := time.Now()
		for name, end := range map[string]func() error{
			"deaf":   func() error { <-stop; return nil },
			"panics": func() error { panic("journal") },
			"fails":  func() error { return errors.New("journal") },
		} {
			request := order
			request.MerchantUID = "end-" + name
			p, err := s.client(iamport.WithJournal(oddJournal{end: end})).Again(t.Context(), request)
			require.NoError(t, err, name)
			require.Equal(t, iamport.StatusPaid, p.Status)
		}
		require.Equal(t, 5*time.Second, time.Since(began), "the deaf one holds the result back for 5 s")

		for name, begin := range map[string]func() (time.Duration, error){
			"panics":      func() (time.Duration, error) { panic("password") },
			"wait of -1s": func() (time.Duration, error) { return -time.Second, nil },
		} {
			request := order
			request.MerchantUID = "begin-" + name
			c := s.client(iamport.WithJournal(oddJournal{begin: begin}))
			_, err := c.Again(t.Context(), request)
			require.ErrorIs(t, err, iamport.ErrNotCharged, name)
			require.NotContains(t, err.Error(), "password")
			_, err = c.EnsurePaid(t.Context(), request)
			nothingSent(t, err)
			require.Zero(t, s.Charges(request.MerchantUID))
		}
	})
}

type oddJournal struct {
	begin func() (time.Duration, error)
	end   func() error
}

func (j oddJournal) Begin(context.Context, iamport.Attempt, time.Duration) (time.Duration, error) {
	if j.begin == nil {
		return 0, nil
	}
	return j.begin()
}

func (j oddJournal) End(context.Context, iamport.Attempt, bool) error {
	if j.end == nil {
		return nil
	}
	return j.end()
}
