package iamport_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/iamporttest"
	"github.com/iamport-go/iamport/internal/clienttest"
)

// The Go code of the READMEs is here and in the examples, where it compiles and runs.

func fourCalls(ctx context.Context, key, secret string, opts ...iamport.Option) error {
	// The README's client is for the real API: it is made but not used.
	client, err := iamport.NewClient(key, secret)
	if err != nil || client == nil {
		return err
	}
	client, err = iamport.NewClient(key, secret, opts...)
	if err != nil {
		return err
	}
	card := iamport.Card{Number: "1234-1234-1234-1234", Expiry: "2030-12", Birth: "820213", Pwd2Digit: "00"}

	payment, err := client.Onetime(ctx, iamport.OnetimeRequest{
		MerchantUID: "order_id_8237352", Amount: iamport.KRW(3000), Name: "June", Card: card,
	})
	if err != nil {
		return err
	}
	fmt.Println(payment.Status, payment.Amount, payment.ImpUID)

	customer, err := client.RegisterCustomer(ctx, "your-customer-unique-id", iamport.RegisterCustomerRequest{Card: card})
	if err != nil {
		return err
	}
	fmt.Println(customer.CardNumber, "is stored as", customer.CustomerUID)

	payment, err = client.Onetime(ctx, iamport.OnetimeRequest{
		MerchantUID: "order_id_8237353", CustomerUID: "your-customer-unique-id", Amount: iamport.KRW(3000), Name: "July", Card: card,
	})
	if err != nil {
		return err
	}
	fmt.Println(payment.Status, "and stored as", payment.CustomerUID)

	payment, err = client.Again(ctx, iamport.AgainRequest{
		MerchantUID: "order_id_8237354", CustomerUID: "your-customer-unique-id", Amount: iamport.KRW(3000), Name: "August",
	})
	if err != nil {
		return err
	}
	fmt.Println(payment.Status, payment.Amount, payment.ImpUID)
	return nil
}

func refund(ctx context.Context, client *iamport.Client, impUID string) error {
	payment, err := client.EnsureRefunded(ctx, iamport.CancelRequest{
		ImpUID: impUID, Amount: iamport.KRW(1000), Checksum: iamport.KRW(3000), Reason: "one item was missing",
	})
	if err != nil {
		return err
	}
	fmt.Println(payment.Status, payment.Remaining()) // cancelled 2000
	return nil
}

func TestReadmeRefund(t *testing.T) {
	t.Parallel()
	srv, client := clienttest.Sandbox(t)
	payment, err := client.Again(t.Context(), clienttest.Order)
	require.NoError(t, err)
	for range 3 {
		require.NoError(t, refund(t.Context(), client, payment.ImpUID))
	}
	require.Equal(t, "1000", srv.Cancelled("order-1"))
}

func TestReadmeFourCalls(t *testing.T) {
	t.Parallel()
	srv := iamporttest.NewServer()
	require.NoError(t, fourCalls(t.Context(), iamporttest.Key, iamporttest.Secret, iamport.WithHTTPClient(srv.Client())))
	require.Equal(t, []string{"order_id_8237352", "order_id_8237353", "order_id_8237354"}, srv.ChargedUIDs())
}

// reaction is what a merchant does after a charge.
type reaction string

func react(ctx context.Context, client *iamport.Client, request iamport.AgainRequest) (reaction, error) {
	var did reaction
	deliver := func(*iamport.Payment) error { did = "deliver"; return nil }
	deliverOnce := func(*iamport.Payment) error { did = "deliver once"; return nil }
	settleLater := func(string, string) error { did = "settle later"; return nil }
	askForAnotherCard := func(string) error { did = "ask for another card"; return nil }
	err := func() error {
		payment, err := client.Again(ctx, request)
		if err == nil {
			return deliver(payment)
		}
		if already, ok := errors.AsType[*iamport.AlreadyPaidError](err); ok {
			return deliverOnce(already.Payment)
		}
		if lost, ok := errors.AsType[*iamport.OutcomeUnknownError](err); ok {
			return settleLater(lost.MerchantUID, lost.Attempt) // client.Settle(ctx, merchantUID, attempt)
		}
		if decline, ok := errors.AsType[*iamport.DeclinedError](err); ok {
			return askForAnotherCard(decline.Reason)
		}
		return err // not charged
	}()
	return did, err
}

func TestReadmeOutcomes(t *testing.T) {
	t.Parallel()
	srv, client := clienttest.Sandbox(t, iamport.WithSettleWindow(0))
	srv.Inject("POST /subscribe/payments/again", iamporttest.Fault{}, iamporttest.Fault{}, iamporttest.LoseAfter(), iamporttest.Decline("[2116]"))
	for _, want := range []struct {
		order string
		did   reaction
	}{{"order_1", "deliver"}, {"order_1", "deliver once"}, {"order_2", "settle later"}, {"order_3", "ask for another card"}} {
		did, err := react(t.Context(), client, iamport.AgainRequest{CustomerUID: "cu-1", MerchantUID: want.order, Amount: iamport.KRW(3000)})
		require.NoError(t, err)
		require.Equal(t, want.did, did)
	}
	_, err := react(t.Context(), client, iamport.AgainRequest{})
	require.ErrorIs(t, err, iamport.ErrNotCharged)
}

// payOnce is what a merchant does if work may run more than once.
func payOnce(ctx context.Context, client *iamport.Client, request iamport.AgainRequest) (reaction, error) {
	var did reaction
	deliver := func(*iamport.Payment) error { did = "deliver"; return nil }
	tryAgainAt := func(at time.Time) error {
		did = "try again"
		if at.IsZero() {
			did = "try again at any time"
		}
		return nil
	}
	err := func() error {
		payment, err := client.EnsurePaid(ctx, request)
		if lost, ok := errors.AsType[*iamport.OutcomeUnknownError](err); ok {
			return tryAgainAt(lost.RetryAt) // the zero time: at any time
		}
		if err != nil {
			return err // *AlreadyPaidError (it differs, or is cancelled), *DeclinedError, a refusal, bad input
		}
		return deliver(payment)
	}()
	return did, err
}

func TestReadmeExactlyOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv, client := clienttest.Sandbox(t, iamport.WithSettleWindow(0))
		srv.Inject(clienttest.FindAllRoute, slices.Repeat([]iamporttest.Fault{iamporttest.LoseBefore()}, 4)...) // one look
		srv.Inject(clienttest.AgainRoute, iamporttest.LoseBefore())
		for _, want := range []reaction{"try again at any time", "try again", "try again"} {
			did, err := payOnce(t.Context(), client, clienttest.Order)
			require.NoError(t, err)
			require.Equal(t, want, did)
		}
		time.Sleep(10 * time.Minute)
		for range 2 {
			did, err := payOnce(t.Context(), client, clienttest.Order)
			require.NoError(t, err)
			require.Equal(t, reaction("deliver"), did)
		}
		require.Equal(t, 1, srv.Charges("order-1"))

		other := clienttest.Order
		other.Amount = iamport.KRW(4000)
		_, err := payOnce(t.Context(), client, other)
		require.ErrorAs(t, err, new(*iamport.AlreadyPaidError))
	})
}

func renew(ctx context.Context, client *iamport.Client, customerUID, order string) error {
	_, err := client.Again(ctx, iamport.AgainRequest{
		CustomerUID: customerUID, MerchantUID: order, Amount: iamport.KRW(3000), Name: "July",
	})
	return err
}

func TestRenewal(t *testing.T) {
	srv := iamporttest.NewServer()
	client, err := iamport.NewClient(iamporttest.Key, iamporttest.Secret, iamport.WithHTTPClient(srv.Client()))
	require.NoError(t, err)
	card := iamport.Card{Number: "1234-1234-1234-1234", Expiry: "2030-12"}
	_, err = client.RegisterCustomer(t.Context(), "customer_1", iamport.RegisterCustomerRequest{Card: card})
	require.NoError(t, err)

	srv.Inject("POST /subscribe/payments/again", iamporttest.LoseAfter()) // charged, and the answer lost
	require.NoError(t, renew(t.Context(), client, "customer_1", "order_1"))
	require.Equal(t, 1, srv.Charges("order_1")) // the server's own books
	require.Zero(t, srv.Pending())              // the fault was used
}

var (
	goBlock   = regexp.MustCompile("(?s)```go\n(.*?)```")
	shRun     = regexp.MustCompile(`go run (-C )?(\./)?examples/[a-z-]+`)
	shRunOtel = regexp.MustCompile(`go run -C otel \./(\S+)`)
	goComment = regexp.MustCompile(`\s*//.*$`)
)

// codeOf returns a line without indentation and comment.
func codeOf(line string) string {
	return strings.TrimSpace(goComment.ReplaceAllString(strings.TrimSpace(line), ""))
}

func TestReadmesSayWhatTheCodeSays(t *testing.T) {
	t.Parallel()
	var code strings.Builder
	for _, file := range []string{"readme_test.go", "example_test.go", "otel/readme_test.go"} {
		data, err := os.ReadFile(file)
		require.NoError(t, err)
		for line := range strings.Lines(string(data)) {
			code.WriteString(codeOf(line) + "\n")
		}
	}
	read := func(name string) string {
		data, err := os.ReadFile(name)
		require.NoError(t, err)
		return string(data)
	}
	english, korean := read("README.md"), read("README.ko.md")
	for _, text := range []string{english, korean} {
		blocks := goBlock.FindAllStringSubmatch(text, -1)
		require.Len(t, blocks, 6)
		for _, block := range blocks {
			for line := range strings.Lines(block[1]) {
				require.True(t, strings.Contains(code.String(), codeOf(line)+"\n"), "no test runs this line of a README: %s", line) //nolint:testifylint // The whole code is no message.
			}
		}
		for _, program := range shRunOtel.FindAllStringSubmatch(text, -1) {
			require.FileExists(t, "otel/"+program[1]+"/main.go")
		}
		for _, command := range shRun.FindAllString(text, -1) {
			require.DirExists(t, strings.TrimPrefix(strings.TrimPrefix(strings.Fields(command)[len(strings.Fields(command))-1], "./"), "-C "))
		}
	}
	require.Equal(t, strings.Count(english, "\n## "), strings.Count(korean, "\n## "), "the READMEs have the same sections")
	require.Equal(t, strings.Count(english, "\n|"), strings.Count(korean, "\n|"), "the READMEs have the same tables")
}
