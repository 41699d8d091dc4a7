package canary_test

import (
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/internal/clienttest"
)

func TestLookUpOfNullRecords(t *testing.T) {
	t.Parallel()
	for _, list := range []string{`[null]`, `{"total":1,"list":[null]}`} {
		synctest.Test(t, func(t *testing.T) {
			client := newCanaryClient(t, afterSignIn(func(r *http.Request) (*http.Response, error) {
				if r.Method == http.MethodGet {
					return httpmock.NewStringResponse(200, `{"code":0,"message":null,"response":`+list+`}`), nil
				}
				return httpmock.NewStringResponse(500, ``), nil
			}))
			_, err := client.Again(t.Context(), iamport.AgainRequest{CustomerUID: "c-1", MerchantUID: "m-1", Amount: iamport.KRW(1000)})
			_, ok := errors.AsType[*iamport.OutcomeUnknownError](err)
			require.True(t, ok, "%v", err)
		})
	}
}

func TestLookUpsThatQuoteTheCard(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var userAgent string // of the charge: it makes the record the call's own
		client := newCanaryClient(t, afterSignIn(func(r *http.Request) (*http.Response, error) {
			if r.Method == http.MethodGet {
				return httpmock.NewStringResponse(200, fmt.Sprintf(`{"code":0,"message":null,"response":{"total":1,"list":[
					{"imp_uid":"imps_1","merchant_uid":"m-1","status":"failed","user_agent":%q,"fail_reason":"[8901] 1234-1234-1234-1234 9081726354"}]}}`,
					userAgent)), nil
			}
			userAgent = r.UserAgent()
			return httpmock.NewStringResponse(500, ``), nil
		}))
		err := calls["Onetime"](t.Context(), client)
		declined, ok := errors.AsType[*iamport.DeclinedError](err)
		require.True(t, ok, "%v", err)
		requireClean(t, err, "look-up")
		require.Empty(t, shown(declined.Payment.FailReason, neverShown))
	})
}

func TestNetErrorsThatQuoteTheRequest(t *testing.T) {
	t.Parallel()
	for _, fail := range []func(error) error{
		func(err error) error { return &net.OpError{Op: "write", Net: "tcp", Err: err} },
		func(err error) error { return &tls.CertificateVerificationError{Err: err} },
		func(err error) error {
			return &net.OpError{Op: "proxyconnect", Net: "tcp", Err: &net.OpError{Op: "dial", Err: err}}
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			for op, do := range calls {
				dump := clienttest.Transport(func(r *http.Request) (*http.Response, error) { return nil, fail(errors.New(whole(r))) })
				requireClean(t, do(t.Context(), newCanaryClient(t, dump)), op)
				requireClean(t, do(t.Context(), newCanaryClient(t, afterSignIn(dump))), op)
			}
		})
	}
}

func TestMessagesThatQuoteMore(t *testing.T) {
	t.Parallel()
	for _, status := range []int{200, 400, 401, 404, 500} {
		synctest.Test(t, func(t *testing.T) {
			client := newCanaryClient(t, afterSignIn(func(r *http.Request) (*http.Response, error) {
				message := "token planted-token-3"
				if r.Method == http.MethodPost {
					message += ", card 1234 1234 1234 1234 of 2030-12"
				}
				return httpmock.NewStringResponse(status, `{"code":-1,"message":"`+message+`","response":null}`), nil
			}))
			for op, do := range calls {
				if op != "Token" {
					err := do(t.Context(), client)
					if op == "Onetime" || op == "RegisterCustomer" {
						requireClean(t, err, op)
						require.NotContains(t, err.Error(), payingCard.Expiry)
					}
					require.NotContains(t, err.Error(), canaryToken)
				}
			}
			_, err := client.Onetime(t.Context(), iamport.OnetimeRequest{MerchantUID: "m-1", Amount: iamport.KRW(1), Card: payingCard, Secure3DToken: "planted-token-3"})
			require.NotContains(t, err.Error(), canaryToken)
		})
	}
}

func TestSecure3DTokenIsNotPrinted(t *testing.T) {
	t.Parallel()
	r := iamport.OnetimeRequest{MerchantUID: "m-1", Secure3DToken: canary}
	text, err := json.Marshal(r)
	require.NoError(t, err)
	require.NotContains(t, string(text), canary)
	for _, verb := range verbs {
		format := "%+" + string(verb)
		require.Empty(t, shown(fmt.Sprintf(format, r), canaryForms), format)
		require.Empty(t, shown(fmt.Sprintf(format, []any{&r}), canaryForms), format)
	}
}

// keptTransport signs in without a server, and sends the rest to one.
type keptTransport struct{ *http.Transport }

func (k keptTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Path == "/users/getToken" {
		// The token is valid inside and outside a bubble.
		return httpmock.NewStringResponse(200, `{"code":0,"response":{"access_token":"`+canaryToken+`","now":1,"expired_at":6000000000}}`), nil
	}
	return k.Transport.RoundTrip(r)
}

// A real transport keeps the last request in its buffers, where a reflective
// printer would find it. Not parallel, see TestFailedAssertionsDoNotPrintSecrets.
func TestUsedClientIsNotPrinted(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = io.WriteString(w, `{"code":0,"message":null,"response":{"imp_uid":"imps_1","merchant_uid":"m-1","amount":1000,"status":"paid"}}`)
	}))
	defer server.Close()
	client := newCanaryClient(t, keptTransport{&http.Transport{}}, iamport.WithBaseURL(server.URL))
	synctest.Test(t, func(t *testing.T) {
		_, err := client.Token(t.Context())
		require.NoError(t, err)
		synctest.Wait()
	})
	require.NoError(t, calls["Onetime"](t.Context(), client))
	require.Empty(t, shown(failureOf(client, &iamport.Client{}), forms("card_nu", canary, "1234-1234")))
}
