package exchange

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport/internal/bounds"
)

// payment is a response of the expected kind.
type payment struct {
	ImpUID string `json:"imp_uid"`
	Amount int64  `json:"amount"`
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	one := &payment{"imps_1", 3000}
	for body, test := range map[string]struct {
		status   int
		want     Answer // without its Status
		payment  *payment
		refusal  bool
		readable bool
	}{
		`{"code":0,"message":null,"response":{"imp_uid":"imps_1","amount":3000},"new":1}`: {
			200, Answer{Answered: true}, one, false, true,
		},
		`{"code":"0","message":4,"response":{"imp_uid":"imps_1","amount":"3000"}}`: {
			201, Answer{Message: "4", Answered: true}, one, false, true,
		},
		`{"code":-1,"message":"[F113] no\nmore","response":null}`: {200, Answer{Code: -1, Message: "[F113] no more"}, nil, true, true},
		`{"code":1,"message":"no","response":null}`:               {404, Answer{Code: 1, Message: "no", None: true, own: true}, nil, true, true},
		`{"code":5,"message":"Not Found"}`:                        {404, Answer{Code: 5, Message: "Not Found"}, nil, false, true},
		`{"code":5,"message":"","response":null}`:                 {404, Answer{Code: 5, own: true}, nil, true, true},
		`{"code":5,"message":null,"response":null}`:               {404, Answer{Code: 5, own: true}, nil, true, true},
		`{"message":"Not Found","response":null}`:                 {404, Answer{Message: "Not Found"}, nil, false, true},
		`{"code":-1,"message":"Unauthorized","response":null}`:    {401, Answer{Code: -1, Message: "Unauthorized", own: true}, nil, true, false},
		`{"code":-1,"message":"x","response":{"imp_uid":"imps_1","amount":3000}}`: {
			401, Answer{Code: -1, Message: "x", Answered: true}, one, false, false,
		},
		`{"code":-1,"message":"","response":[]}`:         {200, Answer{Code: -1}, nil, true, true},
		`{"code":0,"response":[]}`:                       {200, Answer{}, nil, false, true},
		`{"code":-1,"message":"","response":"text"}`:     {200, Answer{Code: -1, Garbled: true}, nil, false, true},
		`{"code":-1,"message":"","response":[1]}`:        {200, Answer{Code: -1, Garbled: true}, nil, false, true},
		`{"code":-1,"message":"5xx","response":null}`:    {500, Answer{Code: -1, Message: "5xx"}, nil, false, false},
		`{"code":-1,"message":"gone","response":null}`:   {408, Answer{Code: -1, Message: "gone", own: true}, nil, false, false},
		`{"code":-1,"message":"slowly","response":null}`: {429, Answer{Code: -1, Message: "slowly", own: true}, nil, true, true},
		`{"code":-1,"message":"moved","response":null}`:  {302, Answer{Code: -1, Message: "moved"}, nil, false, false},
		``:                                  {200, Answer{Problem: errEmptyAnswer}, nil, false, true},
		` `:                                 {204, Answer{Problem: errEmptyAnswer}, nil, false, true},
		`<html>`:                            {400, Answer{Problem: errNoEnvelope}, nil, false, true},
		`{"response":{"imp_uid":"imps_1"}}`: {200, Answer{Problem: errNoEnvelope}, nil, false, true},
		`{"message":"no code"}`:             {200, Answer{Problem: errNoEnvelope}, nil, false, true},
		`{"imp_uid":"imps_1"}`:              {400, Answer{Problem: errNoEnvelope}, nil, false, true},
		`{"code":0}` + strings.Repeat(" ", 9<<20): {200, Answer{Problem: bounds.ErrSize}, nil, false, true},
		`never read`: {101, Answer{Problem: errNotFinal}, nil, false, false},
	} {
		var got *payment
		a, err := newClient(t, respond(test.status, body)).Send(t.Context(), Request{Method: "GET", Result: &got})
		body = body[:min(len(body), 100)]
		require.NoError(t, err, body)
		test.want.Status = test.status
		require.Equal(t, &test.want, a, body)
		require.Equal(t, test.payment, got, body)
		require.Equal(t, test.refusal, a.IsRefusal(got == nil), body)
		require.Equal(t, test.readable, a.Readable(), body)
		require.Equal(t, test.status/100 == 2, a.OK(), body)
	}
}

// PHP writes an empty object as [], which a list cannot tell from an empty one.
func TestEmptyArrayBesideAList(t *testing.T) {
	t.Parallel()
	for body, answered := range map[string]bool{
		`{"code":-1,"message":"no","response":[]}`:   false,
		`{"code":-1,"message":"no","response":[{}]}`: true,
		`{"code":0,"message":null,"response":[]}`:    true,
	} {
		var got []payment
		a, err := newClient(t, respond(200, body)).Send(t.Context(), Request{Method: "GET", Result: &got})
		require.NoError(t, err)
		require.Equal(t, answered, a.Answered, body)
		require.Equal(t, answered, got != nil, body)
	}
}

func TestStatuses(t *testing.T) {
	t.Parallel()
	for status, want := range map[int][2]bool{ // ok, readable
		199: {false, false}, 200: {true, true}, 299: {true, true}, 300: {false, false}, 399: {false, false}, 400: {false, true},
		401: {false, false}, 402: {false, true}, 407: {false, true}, 408: {false, false}, 409: {false, true}, 499: {false, true}, 500: {false, false},
	} {
		a := &Answer{Status: status}
		require.Equal(t, want, [2]bool{a.OK(), a.Readable()}, status)
	}
	for status, own := range map[int]bool{399: false, 400: true, 499: true, 500: false} {
		a, err := newClient(t, respond(status, `{"code":1,"message":"no","response":null}`)).Send(t.Context(), Request{Method: "GET"})
		require.NoError(t, err)
		require.Equal(t, own, a.own, status)
	}
}

func TestSecretsDoNotComeBack(t *testing.T) {
	t.Parallel()
	secrets := append(make([]string, 0, 2), "imp-secret-1")
	r := Request{Method: "GET", Secrets: secrets, Token: func() string { return "t0ken-secret" }}
	a, err := newClient(t, respond(400, `{"code":-1,"message":"imp-secret-1, the-secret and t0ken-secret are wrong"}`)).Send(t.Context(), r)
	require.NoError(t, err)
	require.Equal(t, "[hidden], [hidden] and [hidden] are wrong", a.Message)
	require.Empty(t, secrets[:2][1], "the caller's list was written to")
}

// brokenBody ends with an error, and records that it was closed.
type brokenBody struct {
	io.Reader
	closed bool
}

func (b *brokenBody) Close() error { b.closed = true; return nil }

func TestAnswerThatIsCutShort(t *testing.T) {
	t.Parallel()
	body := &brokenBody{Reader: io.MultiReader(strings.NewReader(`{"code":0`), &failing{})}
	a, err := newClient(t, func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 200, Header: http.Header{}, Body: body}, nil
	}).Send(t.Context(), Request{Method: "GET"})
	require.NoError(t, err)
	require.ErrorIs(t, a.Problem, errBroken)
	require.NotContains(t, a.Problem.Error(), errBroken.Error())
	require.True(t, body.closed)
}

var errBroken = errors.New("broken near card 1234")

type failing struct{}

func (*failing) Read([]byte) (int, error) { return 0, errBroken }

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for header, want := range map[string]time.Duration{
			"": 0, "0": 0, "7": 7 * time.Second, "-7": 0, "7.5": 0, "soon": 0, "99999999999999999999": time.Duration(1<<31) * time.Second,
			time.Now().Add(9 * time.Second).UTC().Format(http.TimeFormat): 9 * time.Second,
			time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat):      0,
		} {
			a, err := newClient(t, respond(429, `{}`, "Retry-After", header)).Send(t.Context(), Request{Method: "GET"})
			require.NoError(t, err)
			require.Equal(t, want, a.Wait(), header)
		}
		require.Zero(t, (*Answer)(nil).Wait())
	})
}

func FuzzAnswer(f *testing.F) {
	for _, body := range []string{
		``, `null`, `{}`, `{"code":0}`, `{"code":0,"response":null}`, `{"code":0,"response":{}}`, `{"code":0,"response":[]}`, `{"code":0,"response":[null]}`,
		`{"code":0,"response":{"list":[null,4,{"amount":"x"}],"total":"1"}}`, `{"code":1,"message":{"a":"b"}}`, `{"message":"\ud800\u0000"}`,
		`{"code":0,"response":{"succeededChannels":[{"update":1},"x"],"failedChannels":{},"inserted":"x"}}`, `<html>`, `{"code":0,"message":` + strings.Repeat(`[`, 50),
	} {
		for _, status := range []int{101, 200, 400, 401, 404, 500} {
			f.Add(status, []byte(body))
		}
	}
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		for _, result := range []any{new(*payment), new([]*payment), new(json.RawMessage), new(map[string]any)} {
			a, err := newClient(t, respond(status, string(body))).Send(t.Context(), Request{Method: "GET", Result: result})
			require.NoError(t, err)
			require.LessOrEqual(t, len([]rune(a.Message)), 510)
			require.NotContains(t, a.Message, "\n")
			if a.Problem != nil {
				require.Zero(t, a.Code)
				require.False(t, a.Answered || a.None || a.IsRefusal(true))
				continue
			}
			require.True(t, json.Valid(body))
			require.True(t, bytes.Contains(bytes.ToLower(body), []byte("code")) || bytes.Contains(body, []byte(`\u`)) || !a.OK(), "a result of %q", body)
			if a.IsRefusal(!a.Answered) {
				require.NotZero(t, a.Code)
				require.False(t, status < 200 || status >= 300 && status <= 399 || status >= 500)
			}
		}
	})
}

// TestCodeCannotQuoteACard: a code is shown in errors and logged.
func TestCodeCannotQuoteACard(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]int{
		"0": 0, "1": 1, "-1": -1, "99999": 99999, "-99999": -99999,
		"100000": -1, "-100000": -1, "820213": -1, "1234123412341234": -1, `"1234123412341234"`: -1,
	} {
		a, err := newClient(t, respond(400, `{"code":`+code+`,"message":"no","response":null}`)).Send(t.Context(), Request{Method: "GET"})
		require.NoError(t, err)
		require.Equal(t, want, a.Code, code)
	}
}
