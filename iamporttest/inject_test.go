package iamporttest_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport/iamporttest"
)

func TestInjectPatterns(t *testing.T) {
	t.Parallel()
	for pattern, want := range map[string]map[string]bool{
		"GET /payments/findAll/{merchant_uid}": {"/payments/findAll/m": true, "/payments/findAll/a%2Fb": true,
			"/payments/findAll/m/paid": false, "/payments/find/m": false},
		"GET /payments/findAll/a%2Fb":       {"/payments/findAll/a%2Fb": true, "/payments/findAll/m": false},
		"GET /payments/findAll/":            {"/payments/findAll/m": true, "/payments/findAll/m/paid": true},
		"GET /payments/findAll/m/{rest...}": {"/payments/findAll/m/paid": true, "/payments/findAll/n/paid": false},
		"GET /payments/{imp_uid}/{$}":       {"/payments/x": true},
		"/payments/{imp_uid}":               {"/payments/x": true, "/payments/x/balance": false},
		"POST  /payments/cancel":            {"/payments/x": false},
		"/":                                 {"/payments/x": true, "/no/such/path": true},
	} {
		for path, hit := range want {
			s := open(t)
			s.srv.Inject(pattern, iamporttest.Answer(599, "", ""))
			require.Equal(t, hit, s.get(path).status == 599, "%s %s", pattern, path)
		}
	}
}

func TestInjectInOrder(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.srv.Inject("GET /payments/x", iamporttest.Answer(500, "", ""), iamporttest.Answer(501, "", ""))
	s.srv.Inject("GET /payments/{imp_uid}", iamporttest.Answer(502, "", ""))
	var seen []int
	for _, path := range []string{"y", "x", "x", "x"} {
		seen = append(seen, s.get("/payments/"+path).status)
	}
	require.Equal(t, []int{502, 500, 501, 404}, seen)
}

func TestInjectPanics(t *testing.T) {
	t.Parallel()
	srv := iamporttest.NewServer()
	for pattern, message := range map[string]string{
		"POST /subscribe/payments/agian": `iamporttest: Inject("POST /subscribe/payments/agian"): the server has no such operation`,
		"GET /subscribe/payments/again":  `iamporttest: Inject("GET /subscribe/payments/again"): the server has no such operation`,
		"subscribe/payments/again":       `iamporttest: Inject("subscribe/payments/again"): the path must begin with a slash`,
		"POST /subscribe//again":         `iamporttest: Inject("POST /subscribe//again"): the path has an empty segment`,
		"POST /subscribe/%zz":            `iamporttest: Inject("POST /subscribe/%zz"): invalid URL escape "%zz"`,
		"POST /payments/cancel":          `iamporttest: Inject("POST /payments/cancel"): Decline on an operation that charges nothing`,
	} {
		require.PanicsWithValue(t, message, func() { srv.Inject(pattern, iamporttest.Decline("x")) })
	}
	for name, fault := range map[string]iamporttest.Fault{
		"Pending":     iamporttest.Pending(time.Second, true),
		"FailThenPay": iamporttest.FailThenPay(time.Second, "x"),
	} {
		require.PanicsWithValue(t, `iamporttest: Inject("POST /payments/cancel"): `+name+` on an operation that charges nothing`,
			func() { srv.Inject("POST /payments/cancel", fault) })
	}
}

func TestInjectFunc(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.register("c", anyCard).okay()
	s.srv.InjectFunc(func(r *http.Request) *iamporttest.Fault {
		s.srv.Requests() // the lock is free
		body, err := io.ReadAll(r.Body)
		if err != nil || len(body) == 0 {
			return nil
		}
		return new(iamporttest.Answer(500, "text/plain", string(body)))
	})
	s.srv.Inject("POST /payments/cancel", iamporttest.DeclineCode("queued first"))
	s.post("/payments/cancel", `{}`).refused(200, "-1", "queued first")
	require.Equal(t, `{}`, s.post("/payments/cancel", `{}`).raw)
	require.Equal(t, 404, s.get("/payments/x").status)
	s.srv.InjectFunc(nil)
	s.again("m").okay()
}

func TestFaultsOverAPort(t *testing.T) {
	t.Parallel()
	for name, start := range map[string]func(*httptest.Server){
		"HTTP/1.1": (*httptest.Server).Start,
		"TLS":      (*httptest.Server).StartTLS,
		"HTTP/2": func(ts *httptest.Server) {
			ts.EnableHTTP2 = true
			ts.StartTLS()
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := iamporttest.NewServer()
			ts := httptest.NewUnstartedServer(srv)
			start(ts)
			defer ts.Close()
			s := &shop{t: t, srv: srv, http: ts.Client(), base: ts.URL}
			s.signIn()
			s.register("c", anyCard).okay()
			s.srv.Inject(againPath, iamporttest.LoseBefore(), iamporttest.Refuse(), iamporttest.CutAfter(10))
			for range 2 {
				_, err := s.chargeM(t.Context())
				require.Error(t, err)
				require.Zero(t, srv.Charges("m"))
			}
			res, err := s.http.Do(s.request("POST", "/subscribe/payments/again", `{"customer_uid":"c","merchant_uid":"m","amount":3000}`))
			require.NoError(t, err)
			body, err := io.ReadAll(res.Body)
			require.Error(t, err)
			require.Equal(t, `{"code":0,`, string(body))
			require.NoError(t, res.Body.Close())
			require.Equal(t, 1, srv.Charges("m"))

			s.srv.Inject("GET /payments/x", iamporttest.LoseAfter(), iamporttest.Answer(503, "", "<html>"))
			// A transport may repeat a GET whose idle connection was lost, and then gets the next fault at once.
			r, err := s.send(s.request("GET", "/payments/x", ""))
			if err != nil {
				r = s.get("/payments/x")
			}
			require.Equal(t, 503, r.status)
			require.Empty(t, r.header["Content-Type"])
		})
	}
}
