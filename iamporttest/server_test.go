package iamporttest_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport/iamporttest"
)

// shop is a signed-in caller that uses only HTTP.
type shop struct {
	t     *testing.T
	srv   *iamporttest.Server
	http  *http.Client
	base  string
	token string
}

type reply struct {
	t      *testing.T
	status int
	header http.Header
	raw    string
}

func open(t *testing.T, opts ...iamporttest.Option) *shop {
	t.Helper()
	srv := iamporttest.NewServer(opts...)
	s := &shop{t: t, srv: srv, http: srv.Client(), base: "https://api.iamport.kr"}
	s.signIn()
	return s
}

func (s *shop) signIn() reply {
	s.t.Helper()
	r := s.post("/users/getToken", `{"imp_key":"sandbox-key","imp_secret":"sandbox-secret"}`)
	s.token = r.text("access_token")
	return r
}

func (s *shop) request(method, path, body string) *http.Request {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.base+path, strings.NewReader(body))
	require.NoError(s.t, err)
	r.Header.Set("Authorization", "Bearer "+s.token)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	return r
}

func (s *shop) send(r *http.Request) (reply, error) {
	s.t.Helper()
	res, err := s.http.Do(r)
	if err != nil {
		return reply{}, err
	}
	defer func() { require.NoError(s.t, res.Body.Close()) }()
	body, err := io.ReadAll(res.Body)
	return reply{s.t, res.StatusCode, res.Header, string(body)}, err
}

func (s *shop) do(method, path, body string) reply {
	s.t.Helper()
	r, err := s.send(s.request(method, path, body))
	require.NoError(s.t, err)
	return r
}

func (s *shop) get(path string) reply        { s.t.Helper(); return s.do("GET", path, "") }
func (s *shop) post(path, body string) reply { s.t.Helper(); return s.do("POST", path, body) }

// again charges customer c, which must be registered.
func (s *shop) again(merchantUID string) reply {
	s.t.Helper()
	return s.post("/subscribe/payments/again",
		fmt.Sprintf(`{"customer_uid":"c","merchant_uid":%q,"amount":3000,"name":"n"}`, merchantUID))
}

// register stores a card under a customer_uid.
func (s *shop) register(uid, number string) reply {
	s.t.Helper()
	return s.post("/subscribe/customers/"+uid, fmt.Sprintf(`{"card_number":%q,"expiry":"2030-12"}`, number))
}

const anyCard = "1234-1234-1234-1234"

type wire struct {
	Code     json.Number
	Message  *string
	Response json.RawMessage
}

func (r reply) envelope() wire {
	r.t.Helper()
	var w wire
	require.NoError(r.t, json.Unmarshal([]byte(r.raw), &w), r.raw)
	return w
}

func (r reply) object() map[string]any {
	r.t.Helper()
	d := json.NewDecoder(bytes.NewReader(r.envelope().Response))
	d.UseNumber()
	var m map[string]any
	require.NoError(r.t, d.Decode(&m), r.raw)
	return m
}

// text is one value of the response as text; null is "<nil>".
func (r reply) text(name string) string {
	r.t.Helper()
	v, has := r.object()[name]
	require.True(r.t, has, "%s in %s", name, r.raw)
	return fmt.Sprint(v)
}

func (r reply) okay() reply {
	r.t.Helper()
	require.Equal(r.t, 200, r.status, r.raw)
	require.Equal(r.t, "0", r.envelope().Code.String(), r.raw)
	return r
}

func (r reply) refused(status int, code, message string) {
	r.t.Helper()
	require.Equal(r.t, status, r.status, r.raw)
	w := r.envelope()
	require.Equal(r.t, code, w.Code.String(), r.raw)
	require.Equal(r.t, "null", string(w.Response), r.raw)
	require.NotNil(r.t, w.Message, r.raw)
	require.Contains(r.t, *w.Message, message)
}

// column lists one value of every item of the response, which is an array or has a list.
func (r reply) column(name string) []string {
	r.t.Helper()
	var items []map[string]any
	if w := r.envelope(); json.Unmarshal(w.Response, &items) != nil {
		var paged struct{ List []map[string]any }
		require.NoError(r.t, json.Unmarshal(w.Response, &paged), r.raw)
		items = paged.List
	}
	all := []string{}
	for _, item := range items {
		all = append(all, fmt.Sprint(item[name]))
	}
	return all
}

func TestWireForm(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := open(t, iamporttest.WithClockOffset(time.Hour))
		r := s.post("/payments/prepare", `{"merchant_uid":"주/문😀\"\\\n\u0001","amount":10.50}`)
		require.Equal(t, `{"code":0,"message":null,"response":`+
			`{"merchant_uid":"\uc8fc\/\ubb38\ud83d\ude00\"\\\n\u0001","amount":10.5,"currency":null}}`, r.raw)
		require.Equal(t, "application/json; charset=UTF-8", r.header.Get("Content-Type"))
		require.Equal(t, "Sat, 01 Jan 2000 01:00:00 GMT", r.header.Get("Date"))
		require.Equal(t, time.Unix(946688400, 0).UTC(), s.srv.Now().UTC())
	})
}

func TestRouting(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.get("/nothing").refused(404, "-1", "no such path")
	s.get("/payments/%2E%2E").refused(404, "-1", "no such path")
	s.get("/payments//balance").refused(404, "-1", "no such path")
	r := s.do("DELETE", "/payments/prepare", "")
	r.refused(405, "-1", "method")
	require.Equal(t, "POST, PUT, GET", r.header.Get("Allow"))

	s.post("/payments/prepare/", `{"merchant_uid":"a/b%c","amount":1}`).okay()
	require.Equal(t, "a/b%c", s.get("/payments/prepare/a%2Fb%25c").text("merchant_uid"))
	s.get("/payments/find/a%2Fb/").refused(404, "-1", "존재하지 않는")
	s.get("/payments/findAll/customers/paid/").refused(404, "-1", "존재하지 않는")
}

func TestParametersOutsideTheSchemaAreRefused(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.get("/subscribe/payments/schedule?from=1&to=2").refused(400, "-1", "unknown parameter from")
	s.post("/payments/prepare?x=1", `{}`).refused(400, "-1", "unknown parameter x")
	s.post("/payments/cancel", `{"Amount":1}`).refused(400, "-1", "unknown parameter Amount")
	s.post("/payments/cancel", `{"extra":{"who":"me"}}`).refused(400, "-1", "unknown parameter extra.who")
	s.post("/subscribe/payments/schedule", `{"customer_uid":"c","schedules":[{"merchant_uid":"m","vat":1}]}`).
		refused(400, "-1", "unknown parameter schedules[0].vat")
	s.get("/payments?imp_uid=a").refused(400, "-1", "unknown parameter imp_uid")
	s.get("/payments/x?a=%zz").refused(400, "-1", "query")
}

func TestBodies(t *testing.T) {
	t.Parallel()
	s := open(t)
	for body, message := range map[string]string{
		`[]`:                                         "not a JSON object",
		`{} {}`:                                      "goes on",
		`{"merchant_uid":{}}`:                        "merchant_uid must be a string",
		`{"merchant_uid":"m","amount":{}}`:           "amount must be a number",
		`{"merchant_uid":"m","amount":"1/3"}`:        "amount must be a number",
		`{"merchant_uid":"m","amount":1e999}`:        "amount must be a number",
		`{"merchant_uid":"m","amount":-1}`:           "amount must not be negative",
		`{"merchant_uid":"m"}`:                       "missing parameter amount",
		`{"amount":1}`:                               "missing parameter merchant_uid",
		`{"x":"` + strings.Repeat("x", 1<<20) + `"}`: "longer than",
	} {
		s.post("/payments/prepare", body).refused(400, "-1", message)
	}
	typed := s.request("POST", "/payments/prepare", "x")
	typed.Header.Set("Content-Type", "text/plain")
	r, err := s.send(typed)
	require.NoError(t, err)
	r.refused(400, "-1", "Content-Type")
}

func TestForms(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.register("c", anyCard).okay()
	form := func(path, body string) reply {
		r := s.request("POST", path, body)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		answer, err := s.send(r)
		require.NoError(t, err)
		return answer
	}
	at := s.srv.Now().Add(time.Hour).Unix()
	r := form("/subscribe/payments/schedule", fmt.Sprintf("customer_uid=c"+
		"&schedules[0][merchant_uid]=m0&schedules[0][amount]=100&schedules[0][schedule_at]=%d"+
		"&schedules[1][merchant_uid]=m1&schedules[1][amount]=200&schedules[1][schedule_at]=%d"+
		"&schedules[1][extra][naverUseCfm]=20300101", at, at)).okay()
	require.Equal(t, []string{"m0", "m1"}, r.column("merchant_uid"))
	require.Equal(t, []string{"m0"}, form("/subscribe/payments/unschedule", "merchant_uid[]=m0").okay().column("merchant_uid"))
	require.Equal(t, []string{"m1"}, form("/subscribe/payments/unschedule", "merchant_uid=m1").okay().column("merchant_uid"))
}

func TestServerPrintsNothingItKnows(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.register("c", anyCard).okay()
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("m", "srv", s.srv)
	text := fmt.Sprintf("%v|%+v|%#v|%s|%d|%v", s.srv, s.srv, s.srv, s.srv, s.srv, struct{ srv any }{s.srv}) + log.String()
	require.Contains(t, text, "iamporttest.Server|iamporttest.Server|")
	require.NotContains(t, text, s.token)
	require.NotContains(t, text, "1234")
}

func TestOverAPort(t *testing.T) {
	t.Parallel()
	srv := iamporttest.NewServer(iamporttest.WithClockOffset(-24 * time.Hour))
	ts := httptest.NewServer(srv)
	defer ts.Close()
	s := &shop{t: t, srv: srv, http: ts.Client(), base: ts.URL}
	s.signIn().okay()
	s.register("c", anyCard).okay()
	r := s.again("m").okay()
	require.Equal(t, "Go-http-client/1.1", r.text("user_agent"))
	require.Equal(t, "application/json; charset=UTF-8", r.header.Get("Content-Type"))
	date, err := http.ParseTime(r.header.Get("Date"))
	require.NoError(t, err)
	require.WithinDuration(t, time.Now().Add(-24*time.Hour), date, 5*time.Second)
	require.Equal(t, 1, srv.Charges("m"))
}

func TestUserAgent(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.register("c", anyCard).okay()
	require.Equal(t, "Go-http-client/1.1", s.again("m1").text("user_agent"))
	r := s.request("POST", "/subscribe/payments/again", `{"customer_uid":"c","merchant_uid":"m2","amount":1}`)
	r.Header.Set("User-Agent", "shop/1")
	answer, err := s.send(r)
	require.NoError(t, err)
	require.Equal(t, "shop/1", answer.text("user_agent"))
}
