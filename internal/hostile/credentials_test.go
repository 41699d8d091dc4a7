package hostile_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/internal/clienttest"
)

const (
	secretKey    = "1e6a4c0f8b35"
	secretSecret = "9d27f3b8c6a1e5049d27f3b8c6a1e504"
	secretToken  = "c0ffee5b71ad93e2c0ffee5b71ad93e2"
)

// requireNoCredentials looks for the key, the secret and the token in a text.
func requireNoCredentials(t *testing.T, text, msg string) {
	t.Helper()
	for _, secret := range []string{secretKey, secretSecret, secretToken} {
		require.NotContains(t, plain(text), secret, msg)
	}
}

// A server or a transport that quotes the sign-in, or the headers of a call, shows
// neither key nor secret nor token, whatever the method.
func TestServerThatQuotesTheCredentials(t *testing.T) {
	t.Parallel()
	ops := maps.Clone(clienttest.Changes)
	maps.Copy(ops, clienttest.Reads)
	for op, do := range ops {
		t.Run(op, func(t *testing.T) {
			t.Parallel()
			for way := range quotes(nil) {
				// Every method meets two ways of quoting, and two methods meet all of them.
				if way != "as it is" && way != "values alone" && op != "Again" && op != "GetPayment" {
					continue
				}
				for name, answer := range map[string]func(text string) (*http.Response, error){
					"refused": func(text string) (*http.Response, error) { return refuse(400, text), nil },
					"401":     func(text string) (*http.Response, error) { return refuse(401, text), nil },
					"lost":    func(text string) (*http.Response, error) { return nil, errors.New(text) },
				} {
					for _, atSignIn := range []bool{true, false} {
						if op == "Token" && !atSignIn {
							continue
						}
						synctest.Test(t, func(t *testing.T) {
							var log bytes.Buffer
							quoted := false
							hc := &http.Client{Transport: clienttest.Transport(func(r *http.Request) (*http.Response, error) {
								isSignIn := r.URL.Path == "/users/getToken"
								switch {
								case isSignIn && !atSignIn:
									return clienttest.JSON(200, clienttest.Grant(secretToken, 0, 6_000_000_000)), nil
								case !isSignIn && strings.Contains(r.URL.Path, "findAll") && clienttest.Changes[op] != nil:
									return clienttest.JSON(404, clienttest.NoneJSON), nil
								case !isSignIn && r.Method == http.MethodGet && op == "EnsureRefunded":
									return clienttest.JSON(200, clienttest.PaidJSON), nil
								}
								quoted = true
								return answer(quotes(credentialsOf(t, r))[way])
							})}
							c, err := iamport.NewClient(secretKey, secretSecret, iamport.WithHTTPClient(hc),
								iamport.WithLogger(slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))))
							require.NoError(t, err)
							msg := fmt.Sprintf("%s, %s, at sign-in: %v", way, name, atSignIn)
							err = do(t.Context(), c)
							require.Error(t, err, msg)
							require.True(t, quoted, msg)
							requireNoCredentials(t, log.String(), msg)
							for ; err != nil; err = errors.Unwrap(err) {
								requireNoCredentials(t, fmt.Sprintf("%v %+v %#v %s", err, err, err, everything(err)), msg)
							}
						})
					}
				}
			}
		})
	}
}

// credentialsOf is what a request has of key, secret and token, as a JSON object.
func credentialsOf(t *testing.T, r *http.Request) []byte {
	t.Helper()
	if r.URL.Path == "/users/getToken" {
		body, err := io.ReadAll(r.Body)
		require.NoError(t, err)
		require.Contains(t, string(body), secretSecret)
		return body
	}
	require.Equal(t, "Bearer "+secretToken, r.Header.Get("Authorization"))
	return fmt.Appendf(nil, `{"access_token":%q,"authorization":%q}`, secretToken, r.Header.Get("Authorization"))
}

func refuse(status int, message string) *http.Response {
	text, err := json.Marshal(message)
	if err != nil {
		panic(err)
	}
	return clienttest.JSON(status, fmt.Sprintf(`{"code":-1,"message":%s,"response":null}`, text))
}

// Text that a merchant must read is not changed, also in an answer to a call with a
// card: amounts, dates, order numbers, and the API's own sentences.
func TestOrdinaryTextStaysReadable(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"결제승인에 실패하였습니다. [2116]개인 월 한도금액 초과",
		"카드정보 인증에 실패하였습니다. [F113]거래거절 카드번호틀림",
		"이미 등록된 merchant_uid입니다. (order_20260131_0001)",
		"amount 1234567890123 differs from 3,000 on 2026-11-25 12:34:56",
		"imp_998877665544 of merchant_uid 2026-0131-5409-0001 is paid",
		"expiry must be YYYY-MM, birth is required, and the cvc is wrong",
	} {
		for op, call := range withACard {
			synctest.Test(t, func(t *testing.T) {
				c := clienttest.NewClient(t, &clienttest.Shop{
					Charge: func(*http.Request) (*http.Response, error) { return refuse(400, text), nil },
					LookUp: clienttest.Listing(),
				})
				_, err := call(t.Context(), c)
				require.ErrorContains(t, err, text, op)
			})
		}
	}
}
