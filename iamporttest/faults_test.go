package iamporttest_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport/iamporttest"
)

const againPath = "POST /subscribe/payments/again"

// chargeM sends a charge under the merchant_uid m; the faults determine its result.
func (s *shop) chargeM(ctx context.Context) (reply, error) {
	s.t.Helper()
	return s.send(s.request("POST", "/subscribe/payments/again", `{"customer_uid":"c","merchant_uid":"m","amount":3000}`).WithContext(ctx))
}

func TestFaultsOfTheConnection(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		fault   iamporttest.Fault
		op      string
		errno   error
		charges int
	}{
		"LoseBefore": {iamporttest.LoseBefore(), "read", syscall.ECONNRESET, 0},
		"LoseAfter":  {iamporttest.LoseAfter(), "read", syscall.ECONNRESET, 1},
		"Refuse":     {iamporttest.Refuse(), "dial", syscall.ECONNREFUSED, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			s.register("c", anyCard).okay()
			s.srv.Inject(againPath, test.fault)
			_, err := s.chargeM(t.Context())
			op, is := errors.AsType[*net.OpError](err)
			require.True(t, is, err)
			require.Equal(t, test.op+" tcp", op.Op+" "+op.Net)
			require.ErrorIs(t, err, test.errno)
			require.Equal(t, test.charges, s.srv.Charges("m"))
			r, err := s.chargeM(t.Context())
			require.NoError(t, err)
			if test.charges == 1 {
				r.refused(200, "1", "이미 주문이")
			} else {
				r.okay()
			}
		})
	}
}

func TestLoseThenExecute(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := open(t)
		s.register("c", anyCard).okay()
		s.schedule("before", 4).okay()
		s.srv.Inject(againPath, iamporttest.LoseThenExecute(5*time.Second))
		_, err := s.chargeM(t.Context())
		require.ErrorIs(t, err, syscall.ECONNRESET)
		time.Sleep(4999 * time.Millisecond)
		s.get("/payments/find/m").refused(404, "-1", "존재하지 않는")
		time.Sleep(time.Millisecond)
		require.Equal(t, "946684805", s.get("/payments/find/m").okay().text("paid_at"))
		require.Equal(t, []string{"m", "before"}, s.get("/subscribe/customers/c/payments").column("merchant_uid"))

		s.srv.Inject("POST /subscribe/payments/onetime", iamporttest.LoseThenExecute(0))
		s.srv.RevokeTokens()
		_, err = s.send(s.request("POST", "/subscribe/payments/onetime", `{"merchant_uid":"o","amount":1,
			"card_number":"1234123412341234","expiry":"2030-01"}`))
		require.Error(t, err)
		require.Zero(t, s.srv.Charges("o"), "the token was no longer valid")
	})
}

func TestFaultsOfTheAnswer(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.register("c", anyCard).okay()
	s.srv.Inject(againPath,
		iamporttest.Answer(502, "text/html", "<html>Bad Gateway</html>").Header("Retry-After", "7"),
		iamporttest.DeclineCode("결제에 실패하였습니다. [8901] x"),
		iamporttest.Decline("[51]"),
		iamporttest.Decline(""),
		iamporttest.AnswerAfter(http.StatusFound, "", "").Header("Location", "https://elsewhere/"))

	r, err := s.chargeM(t.Context())
	require.NoError(t, err)
	require.Equal(t, 502, r.status)
	require.Equal(t, "<html>Bad Gateway</html>", r.raw)
	require.Equal(t, "7", r.header.Get("Retry-After"))
	require.Equal(t, "text/html", r.header.Get("Content-Type"))
	require.NotEmpty(t, r.header.Get("Date"))

	r, err = s.chargeM(t.Context())
	require.NoError(t, err)
	require.Equal(t, 200, r.status)
	require.Equal(t, `{"code":-1,"message":"\uacb0\uc81c\uc5d0 \uc2e4\ud328\ud558\uc600\uc2b5\ub2c8\ub2e4. [8901] x","response":null}`, r.raw)
	s.get("/payments/find/m").refused(404, "-1", "존재하지 않는")

	for _, reason := range []string{"[51]", "<nil>"} {
		r, err = s.chargeM(t.Context())
		require.NoError(t, err)
		require.Equal(t, "failed", r.okay().text("status"))
		require.Equal(t, reason, r.text("fail_reason"))
	}
	require.Equal(t, []string{"failed", "failed"}, s.get("/payments/findAll/m").okay().column("status"))
	require.Zero(t, s.srv.Charges("m"))

	res, err := s.srv.RoundTrip(s.request("POST", "/subscribe/payments/again", `{"customer_uid":"c","merchant_uid":"m","amount":3000}`))
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	require.Equal(t, "302 Found", res.Status)
	require.Equal(t, "https://elsewhere/", res.Header.Get("Location"))
	require.Equal(t, 1, s.srv.Charges("m"))
}

func TestCutAfter(t *testing.T) {
	t.Parallel()
	for _, n := range []int{-1, 0, 10, 1 << 20} {
		s := open(t)
		s.register("c", anyCard).okay()
		s.srv.Inject(againPath, iamporttest.CutAfter(n))
		res, err := s.http.Do(s.request("POST", "/subscribe/payments/again", `{"customer_uid":"c","merchant_uid":"m","amount":3000}`))
		require.NoError(t, err)
		body, err := io.ReadAll(res.Body)
		require.ErrorIs(t, err, io.ErrUnexpectedEOF)
		require.NoError(t, res.Body.Close())
		require.Less(t, int64(len(body)), res.ContentLength)
		require.Len(t, body, max(0, min(n, int(res.ContentLength)-1)))
		require.Equal(t, 1, s.srv.Charges("m"))
	}
}

func TestDelays(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := open(t)
		s.register("c", anyCard).okay()
		start := time.Now()
		timed := func(f iamporttest.Fault, limit time.Duration) (time.Duration, error) {
			ctx, cancel := context.WithTimeout(t.Context(), limit)
			defer cancel()
			s.srv.Inject(againPath, f)
			began := time.Now()
			_, err := s.chargeM(ctx)
			return time.Since(began), err
		}
		took, err := timed(iamporttest.Delay(5*time.Second), 4*time.Second)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, 4*time.Second, took)
		require.Zero(t, s.srv.Charges("m"), "nothing is done for a client that is gone")

		took, err = timed(iamporttest.Delay(5*time.Second), time.Minute)
		require.NoError(t, err)
		require.Equal(t, 5*time.Second, took)
		require.Equal(t, 1, s.srv.Charges("m"))

		took, err = timed(iamporttest.LoseAfter().After(2*time.Second).Slow(3*time.Second), time.Minute)
		require.ErrorIs(t, err, syscall.ECONNRESET)
		require.Equal(t, 5*time.Second, took)

		require.Equal(t, 14*time.Second, time.Since(start))
	})
}

func TestSlow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := open(t)
		s.register("c", anyCard).okay()
		s.http.Timeout = time.Second
		s.srv.Inject(againPath, iamporttest.Fault{}.Slow(2*time.Second))
		_, err := s.chargeM(t.Context())
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, 1, s.srv.Charges("m"), "the client gave up too late")

		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err = s.srv.RoundTrip(s.request("GET", "/payments/x", "").WithContext(ctx))
		require.ErrorIs(t, err, context.Canceled)
	})
}

func TestTraceTellsWhetherARequestLeft(t *testing.T) {
	t.Parallel()
	s := open(t)
	for name, test := range map[string]struct {
		fault iamporttest.Fault
		want  []string
	}{
		"Refuse":     {iamporttest.Refuse(), []string{"GetConn api.iamport.kr:443"}},
		"LoseBefore": {iamporttest.LoseBefore(), []string{"GetConn api.iamport.kr:443", "GotConn", "WroteHeaders", "WroteRequest"}},
		"none":       {iamporttest.Fault{}, []string{"GetConn api.iamport.kr:443", "GotConn", "WroteHeaders", "WroteRequest", "First"}},
	} {
		var saw []string
		ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{
			GetConn:              func(host string) { saw = append(saw, "GetConn "+host) },
			GotConn:              func(i httptrace.GotConnInfo) { _ = i.Conn.RemoteAddr().String(); saw = append(saw, "GotConn") },
			WroteHeaders:         func() { saw = append(saw, "WroteHeaders") },
			WroteRequest:         func(httptrace.WroteRequestInfo) { saw = append(saw, "WroteRequest") },
			GotFirstResponseByte: func() { saw = append(saw, "First") },
		})
		s.srv.Inject("GET /payments/{imp_uid}", test.fault)
		_, _ = s.send(s.request("GET", "/payments/x", "").WithContext(ctx))
		require.Equal(t, test.want, saw, name)
	}
}
