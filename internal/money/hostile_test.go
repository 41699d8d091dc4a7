package money_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/time/rate"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/iamporttest"
	"github.com/iamport-go/iamport/internal/clienttest"
)

// Two attempts of one order overlap: the decline of one is not the other's.
func TestDeclineOfAnOverlappingAttemptSettlesNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv, client := clienttest.Sandbox(t)
		srv.Inject(clienttest.AgainRoute, iamporttest.LoseThenExecute(time.Minute), iamporttest.Decline("[2116] limit"))
		first := make(chan error, 1)
		go func() {
			_, err := client.Again(t.Context(), clienttest.Order)
			first <- err
		}()
		time.Sleep(3 * time.Second)
		_, err := client.Again(t.Context(), clienttest.Order)
		require.ErrorIs(t, err, iamport.ErrNotCharged)
		require.Equal(t, clienttest.Unknown, clienttest.OutcomeOf(t, nil, <-first))
	})
}

// The same in a row: the first charge still runs when the second one is declined.
func TestSettleDoesNotMixAttemptsUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv, client := clienttest.Sandbox(t, iamport.WithSettleWindow(0))
		srv.Inject(clienttest.AgainRoute, iamporttest.LoseThenExecute(time.Minute), iamporttest.Decline("[2116] limit"))
		_, err := client.Again(t.Context(), clienttest.Order)
		lost, ok := errors.AsType[*iamport.OutcomeUnknownError](err)
		require.True(t, ok)
		time.Sleep(time.Second)
		_, err = client.Again(t.Context(), clienttest.Order)
		require.ErrorIs(t, err, iamport.ErrNotCharged)

		p, err := client.Settle(t.Context(), lost.MerchantUID, lost.Attempt)
		require.Equal(t, clienttest.Unknown, clienttest.OutcomeOf(t, p, err))
		time.Sleep(time.Minute)
		p, err = client.Settle(t.Context(), lost.MerchantUID, lost.Attempt)
		require.Equal(t, clienttest.Paid, clienttest.OutcomeOf(t, p, err))
		require.Equal(t, 1, srv.Charges("order-1"))
	})
}

// A decline by a message may also have a record: it is not that of the next attempt.
func TestDeclineInWordsIsRemembered(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sends := 0
		s := &clienttest.Shop{
			Charge: func(r *http.Request) (*http.Response, error) {
				if sends++; sends == 1 {
					return clienttest.AnsweringJSON(200, `{"code":-1,"message":"[2116] limit","response":null}`)(r)
				}
				return nil, syscall.ECONNRESET
			},
			LookUp: clienttest.Listing(clienttest.RecordOf("imps_1", "failed", "")),
		}
		client := clienttest.NewClient(t, s)
		p, err := clienttest.Charges["Again"](t.Context(), client)
		require.Equal(t, clienttest.NotCharged, clienttest.OutcomeOf(t, p, err))
		p, err = clienttest.Charges["Again"](t.Context(), client)
		require.Equal(t, clienttest.Unknown, clienttest.OutcomeOf(t, p, err))
	})
}

// Only the API's own "not found", or an empty list, means that an order has no
// record.
func TestLookUpThatMayLeaveRecordsOutIsAFailedOne(t *testing.T) {
	t.Parallel()
	old := clienttest.RecordOf("imps_1", "failed", "")
	for name, lookUp := range map[string]func(*http.Request) (*http.Response, error){
		"a gateway's 404 in HTML": clienttest.Answering(404, "text/html", "<html>"),
		"a gateway's 404 in JSON": clienttest.AnsweringJSON(404, `{"message":"no Route matched with those values"}`),
		"a 404 with a code alone": clienttest.AnsweringJSON(404, `{"code":5,"message":"Not Found"}`),
		"404 without a body":      clienttest.Answering(404, "", ""),
		"an empty bare list":      clienttest.AnsweringJSON(200, `{"code":0,"message":null,"response":[]}`),
		"a list without a total":  clienttest.AnsweringJSON(200, `{"code":0,"message":null,"response":{"previous":0,"next":0,"list":[`+old+`]}}`),
		"a refusal with HTTP 200": clienttest.AnsweringJSON(200, `{"code":-1,"message":"busy","response":null}`),
		"an empty object":         clienttest.AnsweringJSON(200, `{"code":0,"message":null,"response":{}}`),
		"a total without a list":  clienttest.AnsweringJSON(200, `{"code":0,"message":null,"response":{"total":3}}`),
		"fewer than the total":    clienttest.AnsweringJSON(200, `{"code":0,"message":null,"response":{"total":3,"next":0,"list":[`+old+`]}}`),
		"a list as an object":     clienttest.AnsweringJSON(200, `{"code":0,"message":null,"response":{"total":1,"list":{"0":`+old+`}}}`),
		"an unreadable record":    clienttest.AnsweringJSON(200, `{"code":0,"message":null,"response":{"total":1,"list":["x"]}}`),
		"a null record":           clienttest.AnsweringJSON(200, `{"code":0,"message":null,"response":{"total":1,"list":[null]}}`),
		"another order":           clienttest.Listing(strings.Replace(old, "order-1", "order-2", 1)),
		"pages without end":       clienttest.AnsweringJSON(200, `{"code":0,"message":null,"response":{"total":9,"next":2,"list":[]}}`),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := &clienttest.Shop{Charge: clienttest.AnsweringJSON(200, `{"code":1,"message":"no","response":null}`), LookUp: lookUp}
				p, err := clienttest.Charges["Again"](t.Context(), clienttest.NewClient(t, s))
				require.Equal(t, clienttest.Unknown, clienttest.OutcomeOf(t, p, err), "%v", err)
				p, err = clienttest.NewClient(t, s).EnsurePaid(t.Context(), clienttest.Order)
				require.Equal(t, clienttest.Unknown, clienttest.OutcomeOf(t, p, err), "%v", err)
				require.Equal(t, int64(1), s.Charges.Load(), "EnsurePaid sends nothing")
			})
		})
	}
	for name, lookUp := range map[string]func(*http.Request) (*http.Response, error){
		"404 with a code":     clienttest.AnsweringJSON(404, clienttest.NoneJSON),
		"an empty list":       clienttest.Listing(),
		"none, and no list":   clienttest.AnsweringJSON(200, `{"code":0,"message":null,"response":{"total":0,"previous":0,"next":0,"list":null}}`),
		"an old failure":      clienttest.Listing(old),
		"a record of nothing": clienttest.Listing(strings.Replace(old, `"order-1"`, "null", 1)),
	} {
		s := &clienttest.Shop{Charge: clienttest.AnsweringJSON(200, `{"code":1,"message":"no","response":null}`), LookUp: lookUp}
		p, err := clienttest.Charges["Again"](t.Context(), clienttest.NewClient(t, s))
		require.Equal(t, clienttest.NotCharged, clienttest.OutcomeOf(t, p, err), "%s: %v", name, err)
	}
}

func TestSignInThatIsNotFoundIsNoAnswerAboutPayments(t *testing.T) {
	t.Parallel()
	client := clienttest.NewClient(t, clienttest.AnsweringJSON(404, clienttest.NoneJSON))
	_, _, err := client.GetPayments(t.Context(), iamport.GetPaymentsRequest{ImpUIDs: []string{"imps_1"}})
	require.Error(t, err)
	require.NotErrorIs(t, err, iamport.ErrNotFound)
	_, err = client.GetPayment(t.Context(), "imps_1")
	require.NotErrorIs(t, err, iamport.ErrNotFound)
}

// Errors of transports and limiters do not decide the outcome of a charge.
func TestForeignErrorsAreNoOutcomes(t *testing.T) {
	t.Parallel()
	broken := fmt.Errorf("circuit open: %w", iamport.ErrNotCharged)
	p, err := clienttest.Charges["Again"](t.Context(), clienttest.NewClient(t, &clienttest.Shop{Charge: clienttest.Failing(broken)}, iamport.WithSettleWindow(0)))
	require.Equal(t, clienttest.Unknown, clienttest.OutcomeOf(t, p, err))

	refuse := clienttest.Limiter(func(context.Context) error {
		return fmt.Errorf("redis://:hunter2@cache: %w", &iamport.OutcomeUnknownError{MerchantUID: "order-1", Err: errors.New("x")})
	})
	p, err = clienttest.Charges["Again"](t.Context(), clienttest.NewClient(t, &clienttest.Shop{}, iamport.WithLimiter(refuse)))
	require.Equal(t, clienttest.NotCharged, clienttest.OutcomeOf(t, p, err))
	require.NotContains(t, err.Error(), "hunter2")

	var none *rate.Limiter
	_, err = iamport.NewClient("k", "s", iamport.WithLimiter(none))
	require.ErrorContains(t, err, "WithLimiter")
}

func TestCardIsCutOutHoweverItIsSpelt(t *testing.T) {
	t.Parallel()
	for _, spelling := range []string{
		"1234-1234-1234-1234", "1234 1234 1234 1234", "1234.1234.1234.1234", "12341234-12341234", "1234\t1234\t1234\t1234",
		"1234\u00a01234\u00a01234\u00a01234", "1234\u20111234\u20111234\u20111234", "1234 - 1234 - 1234 - 1234", "123412-341234-1234",
	} {
		message, err := json.Marshal("[F113] " + spelling + " 123456")
		require.NoError(t, err)
		s := &clienttest.Shop{
			Charge: clienttest.AnsweringJSON(200, `{"code":-1,"message":`+string(message)+`,"response":null}`), LookUp: clienttest.AnsweringJSON(404, clienttest.NoneJSON),
		}
		_, err = clienttest.NewClient(t, s).Onetime(t.Context(), iamport.OnetimeRequest{
			MerchantUID: "order-1", Amount: iamport.KRW(1), Card: iamport.Card{Number: "1234123412341234", Expiry: "2030-12", Birth: "123456"},
		})
		digits := strings.Map(func(r rune) rune {
			if r < '0' || r > '9' {
				return -1
			}
			return r
		}, err.Error())
		require.NotContains(t, digits, "34123412", "%q", spelling)
		require.NotContains(t, digits, "123456")
		require.ErrorContains(t, err, "F113")
	}
}

func TestGatewaysTimeoutIsNoRefusal(t *testing.T) {
	t.Parallel()
	timeout := clienttest.AnsweringJSON(408, `{"message":"Request Timeout"}`)
	for _, call := range clienttest.Charges {
		p, err := call(t.Context(), clienttest.NewClient(t, &clienttest.Shop{Charge: timeout}, iamport.WithSettleWindow(0)))
		require.Equal(t, clienttest.Unknown, clienttest.OutcomeOf(t, p, err))
	}
	_, err := clienttest.NewClient(t, &clienttest.Shop{Charge: timeout}).CancelPayment(t.Context(), iamport.CancelRequest{MerchantUID: "order-1", Full: true})
	require.Equal(t, clienttest.Unknown, clienttest.OutcomeOf(t, nil, err))
}

func TestRefundAnsweredAboutAnotherPaymentIsUnknown(t *testing.T) {
	t.Parallel()
	for _, answer := range []string{
		strings.Replace(clienttest.PaidJSON, "imps_1", "imps_2", 1), strings.Replace(clienttest.PaidJSON, `"paid"`, `"failed"`, 1),
		`{"code":0,"message":null,"response":{"amount":3000}}`, strings.Replace(clienttest.PaidJSON, `"code":0`, `"code":1`, 1),
	} {
		s := &clienttest.Shop{Charge: clienttest.AnsweringJSON(200, answer)}
		_, err := clienttest.NewClient(t, s).CancelPayment(t.Context(), iamport.CancelRequest{ImpUID: "imps_1", MerchantUID: "order-1", Full: true})
		require.Equal(t, clienttest.Unknown, clienttest.OutcomeOf(t, nil, err), answer)
	}
}

// A caller with other terms does not get the decline of the first caller.
func TestEnsurePaidOfOtherTermsTriesItself(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv, client := clienttest.Sandbox(t)
		_, err := client.RegisterCustomer(t.Context(), "cu-2", iamport.RegisterCustomerRequest{
			Card: iamport.Card{Number: "1234-1234-1234-1234", Expiry: "2030-12"},
		})
		require.NoError(t, err)
		srv.DeclineCustomer("cu-1", "[2116] limit")
		srv.Inject(clienttest.AgainRoute, iamporttest.Delay(5*time.Second))
		first := make(chan error, 1)
		go func() {
			_, err := client.EnsurePaid(t.Context(), clienttest.Order)
			first <- err
		}()
		time.Sleep(time.Second)
		other := clienttest.Order
		other.CustomerUID = "cu-2"
		p, err := client.EnsurePaid(t.Context(), other)
		require.NoError(t, err)
		require.Equal(t, "cu-2", p.CustomerUID)
		require.ErrorIs(t, <-first, iamport.ErrNotCharged)
	})
}

// A direct answer is compared with the request, like a record.
func TestPaymentOnOtherTermsIsNotTheResult(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]string{
		"currency":     strings.Replace(clienttest.PaidJSON, `"KRW"`, `"USD"`, 1),
		"amount":       strings.Replace(clienttest.PaidJSON, "3000", "3001", 1),
		"no amount":    strings.Replace(clienttest.PaidJSON, `"amount":3000,`, "", 1),
		"customer_uid": strings.Replace(clienttest.PaidJSON, `"customer_uid":null`, `"customer_uid":"cu-2"`, 1),
	} {
		for op, call := range map[string]func(context.Context, *iamport.Client) (*iamport.Payment, error){
			"Again": clienttest.Charges["Again"],
			"EnsurePaid": func(ctx context.Context, c *iamport.Client) (*iamport.Payment, error) {
				return c.EnsurePaid(ctx, clienttest.Order)
			},
		} {
			synctest.Test(t, func(t *testing.T) {
				s := &clienttest.Shop{Charge: clienttest.AnsweringJSON(200, answer), LookUp: clienttest.AnsweringJSON(404, clienttest.NoneJSON)}
				p, err := call(t.Context(), clienttest.NewClient(t, s))
				require.Equal(t, clienttest.Unknown, clienttest.OutcomeOf(t, p, err), "%s/%s", name, op)
				require.NotNil(t, clienttest.OutcomeUnknown(t, err).Payment, "%s/%s: the payment of its own answer", name, op)
				require.Equal(t, "imps_1", clienttest.OutcomeUnknown(t, err).Payment.ImpUID)
				require.NotEmpty(t, clienttest.OutcomeUnknown(t, err).Attempt)
				require.Equal(t, int64(1), s.Charges.Load())
			})
		}
	}
	empty := strings.Replace(clienttest.PaidJSON, `"KRW"`, `null`, 1)
	p, err := clienttest.NewClient(t, &clienttest.Shop{Charge: clienttest.AnsweringJSON(200, empty), LookUp: clienttest.AnsweringJSON(404, clienttest.NoneJSON)}).EnsurePaid(t.Context(), clienttest.Order)
	require.Equal(t, clienttest.Paid, clienttest.OutcomeOf(t, p, err), "a record may leave its currency out")
}

// A problem names the field, never its value, which may be personal data.
func TestProblemsNeverNameTheValue(t *testing.T) {
	t.Parallel()
	canary := "hong-gil-dong"
	_, err := clienttest.NewClient(t, &clienttest.Shop{}).Again(t.Context(), iamport.AgainRequest{
		CustomerUID: "cu-1", MerchantUID: " " + canary, Amount: iamport.KRW(3000), Name: canary + "\xff",
		BuyerName: strings.Repeat(canary, 3), Bypass: "{" + canary, ProductType: iamport.ProductType(canary),
	})
	problems := clienttest.Invalid(t, err)
	for _, field := range []string{"MerchantUID", "Name", "BuyerName", "Bypass", "ProductType"} {
		require.Contains(t, problems, field)
	}
	require.NotContains(t, err.Error(), canary)
}
