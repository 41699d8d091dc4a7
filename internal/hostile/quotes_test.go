package hostile_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/internal/clienttest"
)

var quotedCard = iamport.Card{Number: "5409 2600 1234 5678", Expiry: "2031-07", Birth: "910817", Pwd2Digit: "73", CVC: "481"}

// neverQuoted is what of the card no text may hold, in plain spelling. Two and three
// digits alone are in every time stamp, so they are looked for behind their names.
var neverQuoted = regexp.MustCompile(`5409[^a-z0-9]*2600|1234[^a-z0-9]*5678|2031[^a-z0-9]*07|910817|pwd_2digit[^a-z0-9]*73|cvc[^a-z0-9]*481|s3dx4f2a9c`)

var escapes = regexp.MustCompile(`\\+u00[0-9a-fA-F]{2}|%[0-9a-fA-F]{2}|[０-９]`)

// plain is a text in plain spelling: without escapes and full-width digits, in lower case.
func plain(text string) string {
	return strings.ToLower(escapes.ReplaceAllStringFunc(text, func(escape string) string {
		if digit := []rune(escape)[0]; digit >= '０' {
			return string(digit - '０' + '0')
		}
		code, _ := strconv.ParseUint(escape[len(escape)-2:], 16, 8)
		return string(rune(code))
	}))
}

// quotes are the ways in which a server quotes a refused request.
func quotes(body []byte) map[string]string {
	var fields map[string]any
	_ = json.Unmarshal(body, &fields)
	form := url.Values{}
	prose, alone := "", ""
	for name, value := range fields {
		form.Set(name, fmt.Sprint(value))
		prose += fmt.Sprintf(" %s: %v,", name, value)
		alone += fmt.Sprintf(" (%v)", value)
	}
	each := func(format string) string {
		var b strings.Builder
		for _, c := range body {
			fmt.Fprintf(&b, format, c)
		}
		return b.String()
	}
	return map[string]string{
		"as it is": string(body), "form": form.Encode(), "escaped form": url.QueryEscape(form.Encode()), "prose": prose,
		"quoted": fmt.Sprintf("%q", body), "quoted twice": fmt.Sprintf("%q", fmt.Sprintf("%q", body)),
		"JSON escapes": each(`\u%04x`), "JSON escapes twice": each(`\\u%04x`), "URL escapes": each("%%%02X"),
		"values alone":  alone,
		"spaced number": strings.ReplaceAll(string(body), "-", " "), "dotted number": strings.ReplaceAll(string(body), "-", "."),
		"split by quotes": strings.ReplaceAll(string(body), "-", `","`), "bare number": strings.ReplaceAll(string(body), "-", ""),
		"full width": strings.Map(func(r rune) rune {
			if r >= '0' && r <= '9' {
				return r - '0' + '０'
			}
			return r
		}, string(body)),
	}
}

// The search would find the card in each quotation, if it were shown.
func TestQuotationsAreRecognised(t *testing.T) {
	t.Parallel()
	body := []byte(`{"card_number":"5409-2600-1234-5678","expiry":"2031-07","birth":"910817","pwd_2digit":"73","cvc":"481","secure_3d_token":"S3Dx4f2a9c"}`)
	for way, quotation := range quotes(body) {
		for _, secret := range strings.Split(neverQuoted.String(), "|") {
			if way != "values alone" || !strings.HasPrefix(secret, "pwd") && !strings.HasPrefix(secret, "cvc") {
				require.Regexp(t, secret, plain(quotation), way)
			}
		}
	}
}

// withACard are the calls that send a card. Another order of theirs is "o".
var withACard = map[string]func(context.Context, *iamport.Client) (any, error){
	"Onetime": func(ctx context.Context, c *iamport.Client) (any, error) {
		return c.Onetime(ctx, iamport.OnetimeRequest{MerchantUID: "o", Amount: iamport.KRW(3000), Card: quotedCard, Secure3DToken: "S3Dx4f2a9c"})
	},
	"EnsurePaid": func(ctx context.Context, c *iamport.Client) (any, error) {
		return c.EnsurePaid(ctx, iamport.OnetimeRequest{MerchantUID: "o", Amount: iamport.KRW(3000), Card: quotedCard, Secure3DToken: "S3Dx4f2a9c"})
	},
	"RegisterCustomer": func(ctx context.Context, c *iamport.Client) (any, error) {
		return c.RegisterCustomer(ctx, "c", iamport.RegisterCustomerRequest{Card: quotedCard})
	},
	"Schedule": func(ctx context.Context, c *iamport.Client) (any, error) {
		return c.Schedule(ctx, iamport.ScheduleRequest{CustomerUID: "c", Card: quotedCard, Schedules: []iamport.ScheduleItem{
			{MerchantUID: "o", ScheduleAt: clienttest.Year2100, Amount: iamport.KRW(3000)},
		}})
	},
}

// Every method whose request holds a card is in the table.
func TestEveryMethodWithACardIsListed(t *testing.T) {
	t.Parallel()
	client, card := reflect.TypeFor[*iamport.Client](), reflect.TypeFor[iamport.Card]()
	for method := range client.Methods() {
		for i := range method.Type.NumIn() {
			in := method.Type.In(i)
			holds := in == card || in == reflect.TypeFor[iamport.Charge]()
			for j := 0; in.Kind() == reflect.Struct && j < in.NumField(); j++ {
				holds = holds || in.Field(j).Type == card
			}
			if holds {
				require.Contains(t, withACard, method.Name)
			}
		}
	}
}

const (
	noRecord = `{"code":0,"message":null,"response":{"total":0,"previous":0,"next":0,"list":[]}}`
	payment  = `{"code":0,"message":null,"response":{"imp_uid":"i","merchant_uid":"o","amount":3000,"status":%q,"fail_reason":TEXT}}`
)

// place is where a server puts the quotation. The answers hold TEXT in its place.
type place struct {
	status int
	answer string
	lookUp string // "" for an empty list
	only   string // the calls that have this place, "" for all
}

var places = map[string]place{
	"message":                        {status: 200, answer: `{"code":-1,"message":TEXT,"response":null}`},
	"message of a PG":                {status: 400, answer: `{"code":-1,"message":"[F113] "TEXT,"response":null}`},
	"message that is no text":        {status: 200, answer: `{"code":-1,"message":{"request":[TEXT]},"response":null}`},
	"message with HTTP 401":          {status: 401, answer: `{"code":-1,"message":TEXT,"response":null}`},
	"message with HTTP 500":          {status: 500, answer: `{"code":-1,"message":TEXT,"response":null}`},
	"message beside a response":      {status: 200, answer: `{"code":-1,"message":TEXT,"response":{"imp_uid":"i"}}`},
	"fail_reason":                    {status: 200, only: "Onetime EnsurePaid", answer: strings.ReplaceAll(payment, "%q", `"failed"`)},
	"fail_reason of an open payment": {status: 200, only: "Onetime EnsurePaid", answer: strings.ReplaceAll(payment, "%q", `"ready"`)},
	"fail_reason of a paid payment":  {status: 200, only: "Onetime EnsurePaid", answer: strings.ReplaceAll(payment, "%q", `"paid"`)},
	"fail_reason of a record": {status: 500, only: "Onetime EnsurePaid", lookUp: `{"code":0,"message":null,"response":{"total":1,"previous":0,"next":0,"list":[` +
		`{"imp_uid":"i","merchant_uid":"o","amount":3000,"status":"ready","fail_reason":TEXT}]}}`},
	"fail_reason of a cancelled record": {status: 500, only: "Onetime EnsurePaid", lookUp: `{"code":0,"message":null,"response":{"total":1,"previous":0,"next":0,"list":[` +
		`{"imp_uid":"i","merchant_uid":"o","amount":3000,"status":"cancelled","fail_reason":TEXT}]}}`},
	"message of a look-up":      {status: 500, only: "Onetime EnsurePaid", lookUp: `{"code":-1,"message":TEXT,"response":null}`},
	"fail_reason of a schedule": {status: 200, only: "Schedule", answer: `{"code":0,"message":null,"response":[{"merchant_uid":"o","fail_reason":TEXT}]}`},
	"message of a channel":      {status: 200, only: "RegisterCustomer", answer: `{"code":0,"message":null,"response":{"customer_uid":"c","failedChannels":[{"message":TEXT}]}}`},
}

// If a server quotes the request, the card is not in an error, its fields, a log, or
// a result.
func TestServerThatQuotesTheRequest(t *testing.T) {
	t.Parallel()
	for op, call := range withACard {
		for name, at := range places {
			if at.only != "" && !slices.Contains(strings.Fields(at.only), op) {
				continue
			}
			t.Run(op+", "+name, func(t *testing.T) {
				t.Parallel()
				for way := range quotes(nil) {
					synctest.Test(t, func(t *testing.T) {
						var sent []byte
						quote := func(answer string) string {
							text, err := json.Marshal(quotes(sent)[way])
							require.NoError(t, err)
							answer = strings.ReplaceAll(answer, `"[F113] "TEXT`, `"[F113] `+string(text[1:]))
							return strings.ReplaceAll(answer, "TEXT", string(text))
						}
						requireNothingShown(t, call, way, func(r *http.Request) (*http.Response, error) {
							if r.Method == http.MethodGet {
								if at.lookUp == "" || sent == nil {
									return clienttest.JSON(200, noRecord), nil
								}
								return clienttest.JSON(200, quote(at.lookUp)), nil
							}
							sent, _ = io.ReadAll(r.Body)
							return clienttest.JSON(at.status, quote(at.answer)), nil
						})
						require.Contains(t, string(sent), "5409-2600-1234-5678")
					})
				}
			})
		}
	}
}

// So does a transport that quotes it in its error.
func TestTransportThatQuotesTheRequest(t *testing.T) {
	t.Parallel()
	for op, call := range withACard {
		for name, fail := range map[string]func(error) error{
			"an error":       func(err error) error { return err },
			"wrapped":        func(err error) error { return fmt.Errorf("%w: %w", err, io.EOF) },
			"of the network": func(err error) error { return &net.OpError{Op: "write", Net: "tcp", Err: err} },
			"of a URL":       func(err error) error { return &url.Error{Op: "Post", URL: err.Error(), Err: err} },
		} {
			t.Run(op+", "+name, func(t *testing.T) {
				t.Parallel()
				for way := range quotes(nil) {
					synctest.Test(t, func(t *testing.T) {
						requireNothingShown(t, call, way, func(r *http.Request) (*http.Response, error) {
							if r.Method == http.MethodGet {
								return clienttest.JSON(200, noRecord), nil
							}
							sent, _ := io.ReadAll(r.Body)
							return nil, fail(errors.New(quotes(sent)[way]))
						})
					})
				}
			})
		}
	}
}

// The account of a refund is a secret too.
func TestServerThatQuotesTheRefundAccount(t *testing.T) {
	t.Parallel()
	const account = "11012345678901"
	for name, refund := range map[string]func(context.Context, *iamport.Client, iamport.CancelRequest) (*iamport.Payment, error){
		"CancelPayment": func(ctx context.Context, c *iamport.Client, r iamport.CancelRequest) (*iamport.Payment, error) {
			return c.CancelPayment(ctx, r)
		},
		"EnsureRefunded": func(ctx context.Context, c *iamport.Client, r iamport.CancelRequest) (*iamport.Payment, error) {
			return c.EnsureRefunded(ctx, r)
		},
	} {
		c := clienttest.NewClient(t, &clienttest.Shop{
			Charge: func(r *http.Request) (*http.Response, error) {
				body, err := io.ReadAll(r.Body)
				require.Contains(t, string(body), account)
				return refuse(400, "no: "+string(body)), err
			},
			LookUp: clienttest.AnsweringJSON(200, clienttest.PaidJSON),
		})
		_, err := refund(t.Context(), c, iamport.CancelRequest{ImpUID: "imps_1", Full: true, Checksum: iamport.KRW(3000), RefundAccount: account})
		require.ErrorIs(t, err, iamport.ErrNotCharged, name)
		require.ErrorContains(t, err, "[hidden]", name)
		require.NotContains(t, err.Error(), account, name)
	}
}

// requireNothingShown makes a call and searches for the card in its results.
func requireNothingShown(t *testing.T, call func(context.Context, *iamport.Client) (any, error), way string, answer clienttest.Transport) {
	t.Helper()
	var log bytes.Buffer
	c := clienttest.NewClient(t, clienttest.Transport(func(r *http.Request) (*http.Response, error) {
		if r.URL.Path == "/users/getToken" {
			return clienttest.JSON(200, clienttest.SignInJSON), nil
		}
		return answer(r)
	}), iamport.WithLogger(slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug, ReplaceAttr: withoutTimes}))))
	result, err := call(t.Context(), c)
	texts := []string{log.String(), everything(result)}
	for ; err != nil; err = errors.Unwrap(err) {
		texts = append(texts, fmt.Sprintf("%v %+v %#v", err, err, err), everything(err))
		if refused, ok := err.(*iamport.OutcomeUnknownError); ok { //nolint:errorlint // Each error of the chain is looked at.
			texts = append(texts, everything(refused.Payment))
		}
	}
	for _, text := range texts {
		require.NotRegexp(t, neverQuoted, plain(text), way)
	}
}

// everything returns the text of all that a value holds, with pointers followed.
func everything(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprintf("%+v", v)
	}
	return string(text)
}

// withoutTimes leaves out what depends on the random waits: their digits may be those of a card.
func withoutTimes(_ []string, a slog.Attr) slog.Attr {
	if a.Key == slog.TimeKey || a.Key == "duration" {
		return slog.Attr{}
	}
	return a
}
