package canary_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/internal/clienttest"
)

// payingCard passes the checks, so that it is sent.
var payingCard = iamport.Card{Number: "1234 1234 1234 1234", Expiry: "2030-12", Birth: "9081726354", Pwd2Digit: "73", CVC: "4815"}

// neverShown are the texts that no error may hold: the secrets, and texts that only a
// request has.
var neverShown = forms(
	canaryKey, canarySecret, canaryToken, payingCard.Number, "1234-1234-1234-1234", "1234123412341234", payingCard.Birth,
	"pwd_2digit", "imp_secret", "Authorization", "Bearer ", "https://", "api.iamport.kr", "getToken", "/subscribe/",
)

// whole is the request as a careless transport quotes it.
func whole(r *http.Request) string {
	text := fmt.Sprintf("%s %s %v", r.Method, r.URL, r.Header)
	if r.Body != nil {
		body, _ := io.ReadAll(r.Body)
		text += " " + string(body)
	}
	return text
}

type timeoutError struct{ error }

func (timeoutError) Timeout() bool   { return true }
func (timeoutError) Temporary() bool { return true }

type failingBody struct{ err error }

func (b failingBody) Read([]byte) (int, error) { return 0, b.err }
func (b failingBody) Close() error             { return b.err }

func answerWith(status int, body string, header ...string) func(*http.Request) (*http.Response, error) {
	return func(r *http.Request) (*http.Response, error) {
		resp := httpmock.NewStringResponse(status, strings.ReplaceAll(body, "WHOLE", whole(r)))
		for i := 0; i < len(header); i += 2 {
			resp.Header.Set(header[i], header[i+1])
		}
		return resp, nil
	}
}

// failures are the failures of any exchange.
func failures() map[string]clienttest.Transport {
	all := map[string]clienttest.Transport{
		"transport error": func(r *http.Request) (*http.Response, error) { return nil, errors.New(whole(r)) },
		"wrapped": func(r *http.Request) (*http.Response, error) {
			return nil, fmt.Errorf("%w", errors.Join(io.ErrNoProgress, fmt.Errorf("%s: %w", whole(r), errors.New(whole(r)))))
		},
		"url error": func(r *http.Request) (*http.Response, error) {
			return nil, &url.Error{Op: "Post", URL: r.URL.String(), Err: errors.New(whole(r))}
		},
		"timeout":     func(r *http.Request) (*http.Response, error) { return nil, timeoutError{errors.New(whole(r))} },
		"end of file": func(r *http.Request) (*http.Response, error) { return nil, fmt.Errorf("%s: %w", whole(r), io.EOF) },
		"cancelled": func(r *http.Request) (*http.Response, error) {
			return nil, fmt.Errorf("%s: %w", whole(r), context.Canceled)
		},
		"deadline": func(r *http.Request) (*http.Response, error) {
			return nil, fmt.Errorf("%s: %w", whole(r), context.DeadlineExceeded)
		},
		"body": func(r *http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 200, Body: failingBody{errors.New(whole(r))}}, nil
		},
		"response is text":     answerWith(200, `{"code":0,"message":null,"response":"1234-1234-1234-1234 planted-token-3"}`),
		"response is a number": answerWith(200, `{"code":0,"message":null,"response":1234123412341234}`),
		"hostile headers":      answerWith(503, ``, "Retry-After", canaryToken, "Date", canarySecret, "Location", "https://planted.example"),
		"cut":                  answerWith(200, `{"code":0,"message":null,"response":{"access_token":"planted-token-3","imp_uid":"1234-1234-1234-12`),
	}
	for _, status := range []int{200, 301, 302, 307, 308, 400, 403, 404, 429, 500, 502} {
		all[fmt.Sprintf("HTML %d", status)] = answerWith(status, "<html><title>WHOLE</title></html>")
		all[fmt.Sprintf("redirect %d", status)] = answerWith(status, "WHOLE", "Location", "https://"+canaryToken+".example/"+payingCard.Birth)
		all[fmt.Sprintf("malformed redirect %d", status)] = answerWith(status, "WHOLE", "Location", "https://[::1/"+canaryToken+"\x7f"+payingCard.Birth)
	}
	return all
}

// calls are calls of every kind: a sign-in, charges, a write, reads.
var calls = map[string]func(context.Context, *iamport.Client) error{
	"Token": func(ctx context.Context, c *iamport.Client) error { _, err := c.Token(ctx); return err },
	"Onetime": func(ctx context.Context, c *iamport.Client) error {
		_, err := c.Onetime(ctx, iamport.OnetimeRequest{MerchantUID: "m-1", Amount: iamport.KRW(1000), Card: payingCard})
		return err
	},
	"Again": func(ctx context.Context, c *iamport.Client) error {
		_, err := c.Again(ctx, iamport.AgainRequest{MerchantUID: "m-1", CustomerUID: "c-1", Amount: iamport.KRW(1000)})
		return err
	},
	"RegisterCustomer": func(ctx context.Context, c *iamport.Client) error {
		_, err := c.RegisterCustomer(ctx, "c-1", iamport.RegisterCustomerRequest{Card: payingCard})
		return err
	},
	"GetPayment": func(ctx context.Context, c *iamport.Client) error { _, err := c.GetPayment(ctx, "imps_1"); return err },
	"FindPayment": func(ctx context.Context, c *iamport.Client) error {
		_, err := c.FindPayment(ctx, "m-1", iamport.FindPaymentQuery{})
		return err
	},
}

// requireClean prints every error in the chain of err in every way.
func requireClean(t *testing.T, err error, name string) {
	t.Helper()
	if err == nil {
		return
	}
	look := func(printer, output string) {
		require.Empty(t, shown(output, neverShown), "%s: %s of %T: %s", name, printer, err, output)
	}
	printed(err, "vsqxdTpw", look)
	look("Error", err.Error())
	look("pointer", fmt.Sprintf("%+v %#v", &err, struct{ E error }{err}))
	look("testify", failureOf(err, errors.New("another")))
	switch e := err.(type) { //nolint:errorlint // Each link of the chain is visited by itself.
	case interface{ Unwrap() error }:
		requireClean(t, e.Unwrap(), name)
	case interface{ Unwrap() []error }:
		for _, one := range e.Unwrap() {
			requireClean(t, one, name)
		}
	}
}

func TestErrorsNeverQuoteARequest(t *testing.T) {
	t.Parallel()
	for failure, fail := range failures() {
		t.Run(failure, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				for op, do := range calls {
					// Once the sign-in fails, once the call after it.
					err := do(t.Context(), newCanaryClient(t, fail))
					require.Error(t, err, op)
					requireClean(t, err, op+" without a token")
					if op == "Token" {
						continue
					}
					err = do(t.Context(), newCanaryClient(t, afterSignIn(fail)))
					require.Error(t, err, op)
					requireClean(t, err, op)
				}
			})
		})
	}
}

// afterSignIn signs in and answers the rest by then.
func afterSignIn(then clienttest.Transport) clienttest.Transport {
	return func(r *http.Request) (*http.Response, error) {
		if strings.HasSuffix(r.URL.Path, "/users/getToken") {
			return httpmock.NewStringResponse(200, canarySignIn), nil
		}
		return then(r)
	}
}

func TestMessagesThatQuoteTheCard(t *testing.T) {
	t.Parallel()
	const quoted = `카드 1234 1234 1234 1234, 1234-1234-1234-1234, 1234123412341234 (9081726354)`
	bodies := map[string]string{
		"message":           `{"code":-1,"message":"` + quoted + ` 거절","response":null}`,
		"message of a PG":   `{"code":1,"message":"[F113]` + quoted + `","response":null}`,
		"message object":    `{"code":1,"message":{"card":["` + quoted + `"]},"response":null}`,
		"message escaped":   `{"code":1,"message":"\u00311234123412341234 1234\u002d1234-1234-1234","response":null}`,
		"message of length": `{"code":1,"message":"` + strings.Repeat("가", 495) + `1234-1234-1234-1234","response":null}`,
		"message, control":  `{"code":1,"message":"x\n1234-1234-1234-1234\u0000","response":null}`,
		"fail_reason":       `{"code":0,"message":null,"response":{"imp_uid":"imps_1","merchant_uid":"m-1","status":"failed","fail_reason":"[8901] ` + quoted + `"}}`,
		"fail_reason alone": `{"code":0,"message":null,"response":{"status":"failed","fail_reason":"` + quoted + `"}}`,
		"both":              `{"code":1,"message":"` + quoted + `","response":{"imp_uid":"imps_1","status":"failed","fail_reason":"` + quoted + `"}}`,
	}
	for name, body := range bodies {
		for _, status := range []int{200, 201, 302, 400, 403, 404, 409, 500} {
			synctest.Test(t, func(t *testing.T) {
				client := newCanaryClient(t, afterSignIn(func(r *http.Request) (*http.Response, error) {
					if r.Method == http.MethodGet { // the look-up after a refusal
						return httpmock.NewStringResponse(404, `{"code":-1,"message":"none","response":null}`), nil
					}
					return httpmock.NewStringResponse(status, body), nil
				}))
				for _, op := range []string{"Onetime", "RegisterCustomer"} {
					err := calls[op](t.Context(), client)
					if op == "Onetime" {
						require.Error(t, err)
					}
					requireClean(t, err, fmt.Sprintf("%s, %s with HTTP %d", op, name, status))
					if declined, ok := errors.AsType[*iamport.DeclinedError](err); ok && declined.Payment != nil {
						require.Empty(t, shown(declined.Payment.FailReason, neverShown))
						require.Contains(t, declined.Reason, "[hidden]")
					}
				}
			})
		}
	}
}

func TestSignInsThatQuoteTheSecret(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"refused":       `{"code":-1,"message":"imp_key planted-key-1 / secret planted-secret-2 is wrong","response":null}`,
		"object":        `{"code":-1,"message":{"imp_key":"planted-key-1","s":"planted-secret-2"},"response":null}`,
		"escaped":       `{"code":-1,"message":"\u0063anary-secret-2","response":null}`,
		"text":          `planted-key-1 planted-secret-2`,
		"token of text": `{"code":0,"message":null,"response":{"access_token":"planted-token-3 \n","now":1512446940,"expired_at":1512448740}}`,
		"no token":      `{"code":0,"message":"planted-secret-2","response":{"access_token":null,"now":"planted-token-3"}}`,
	} {
		for _, status := range []int{200, 302, 400, 401, 403, 429, 500} {
			synctest.Test(t, func(t *testing.T) {
				for op, do := range calls {
					err := do(t.Context(), newCanaryClient(t, answerWithText(status, body)))
					require.Error(t, err)
					requireClean(t, err, fmt.Sprintf("%s, %s with HTTP %d", op, name, status))
				}
			})
		}
	}
}

func answerWithText(status int, body string) clienttest.Transport {
	return func(*http.Request) (*http.Response, error) { return httpmock.NewStringResponse(status, body), nil }
}

// A sign-in runs on a goroutine of the package, where a panic of the transport
// becomes an error.
func TestPanicsThatQuoteTheRequest(t *testing.T) {
	t.Parallel()
	for op, do := range calls {
		synctest.Test(t, func(t *testing.T) {
			err := do(t.Context(), newCanaryClient(t, clienttest.Transport(func(r *http.Request) (*http.Response, error) { panic(whole(r)) })))
			require.Error(t, err)
			requireClean(t, err, op)
		})
	}
}

func TestNewClientErrorsNeverQuoteAnOption(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		key, secret string
		opts        []iamport.Option
	}{
		{key: canary + " ", secret: "\t" + canary},
		{key: "", secret: canary},
		{key: canary, secret: ""},
		{key: "k", secret: "s", opts: []iamport.Option{iamport.WithBaseURL("https://u:planted@planted.example")}},
		{key: "k", secret: "s", opts: []iamport.Option{iamport.WithBaseURL("https://planted.example/?planted=1")}},
		{key: "k", secret: "s", opts: []iamport.Option{iamport.WithBaseURL("http://planted.example")}},
		{key: "k", secret: "s", opts: []iamport.Option{iamport.WithBaseURL("planted://\x7f")}},
		{key: "k", secret: "s", opts: []iamport.Option{iamport.WithBaseURL("planted")}},
		{key: "k", secret: "s", opts: []iamport.Option{iamport.WithTier(canary), iamport.WithUserAgent(canary + "\n")}},
	} {
		client, err := iamport.NewClient(c.key, c.secret, c.opts...)
		require.Nil(t, client)
		require.ErrorIs(t, err, iamport.ErrNotCharged)
		printed(err, "vsqxdTpw", func(printer, output string) {
			require.Empty(t, shown(output, canaryForms), "%s: %s", printer, output)
		})
	}
}
