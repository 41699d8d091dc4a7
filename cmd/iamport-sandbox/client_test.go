package main

import (
	"errors"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/iamporttest"
	"github.com/iamport-go/iamport/internal/clienttest"
)

// client is a client of the package for p. Each answer is checked against the official schema.
func (p *program) client(opts ...iamport.Option) *iamport.Client {
	p.t.Helper()
	c, err := iamport.NewClient(iamporttest.Key, iamporttest.Secret, append([]iamport.Option{iamport.WithBaseURL(p.url),
		iamport.WithHTTPClient(&http.Client{Transport: checked{p.t}})}, opts...)...)
	require.NoError(p.t, err)
	return c
}

var card = iamport.Card{Number: "1234-1234-1234-1234", Expiry: "2030-12", Birth: "820213", Pwd2Digit: "00"}

func TestClientOfThePackage(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "s.db")
	p := start(t, "-db", file, "-require-token")
	c, ctx := p.client(), t.Context()
	paid, err := c.Onetime(ctx, iamport.OnetimeRequest{MerchantUID: "o1", Amount: iamport.KRW(3000), Card: card})
	require.NoError(t, err)
	_, err = c.RegisterCustomer(ctx, "c1", iamport.RegisterCustomerRequest{Card: card})
	require.NoError(t, err)
	_, err = c.Again(ctx, iamport.AgainRequest{CustomerUID: "c1", MerchantUID: "o2", Amount: iamport.KRW(500), Name: "n"})
	require.NoError(t, err)
	_, err = c.Again(ctx, iamport.AgainRequest{CustomerUID: "c1", MerchantUID: "o2", Amount: iamport.KRW(500), Name: "n"})
	_, already := err.(*iamport.AlreadyPaidError) //nolint:errorlint // The error itself must have the type.
	require.True(t, already, "%v", err)
	_, err = c.CancelPayment(ctx, iamport.CancelRequest{ImpUID: paid.ImpUID, Amount: iamport.KRW(1000), Checksum: iamport.KRW(3000)})
	require.NoError(t, err)
	now := time.Now()
	_, err = c.Schedule(ctx, iamport.ScheduleRequest{CustomerUID: "c1", Schedules: []iamport.ScheduleItem{
		{MerchantUID: "s1", ScheduleAt: now.Add(24 * time.Hour), Amount: iamport.KRW(100), Name: "n"},
		{MerchantUID: "s2", ScheduleAt: now.Add(48 * time.Hour), Amount: iamport.KRW(100), Name: "n"}}})
	require.NoError(t, err)
	_, err = c.Unschedule(ctx, iamport.UnscheduleRequest{CustomerUID: "c1", MerchantUIDs: []string{"s2"}})
	require.NoError(t, err)
	require.Zero(t, p.stop(), p.stderr)

	p = start(t, "-db", file, "-require-token", "-jump", "25h")
	c = p.client()
	ran, err := c.GetSchedule(ctx, "s1")
	require.NoError(t, err)
	require.Equal(t, iamport.ScheduleExecuted, ran.ScheduleStatus)
	revoked, err := c.GetSchedule(ctx, "s2")
	require.NoError(t, err)
	require.Equal(t, iamport.ScheduleRevoked, revoked.ScheduleStatus)
	found, _, err := c.GetPayments(ctx, iamport.GetPaymentsRequest{MerchantUIDs: []string{"o1", "o2", "s1"}})
	require.NoError(t, err)
	require.Len(t, found, 3)
	balance, err := c.GetBalance(ctx, paid.ImpUID)
	require.NoError(t, err)
	require.Equal(t, iamport.KRW(3000), balance.Amount)
	payments, err := c.ListCustomerPayments(ctx, "c1", 1)
	require.NoError(t, err)
	require.Len(t, payments.List, 2)
	_, err = c.DeleteCustomer(ctx, "c1", iamport.DeleteCustomerRequest{})
	require.NoError(t, err)
}

// A lost answer is settled by a look-up, through a real connection and a real restart.
func TestClientAndFaultRules(t *testing.T) {
	t.Parallel()
	p := start(t, "-memory",
		"-fault", "POST /subscribe/payments/onetime=lose-after;times=1",
		"-fault", "POST /subscribe/payments/onetime=decline:[2116]no;times=1",
		"-fault", "POST /subscribe/payments/onetime=status:503;times=1")
	c, ctx := p.client(iamport.WithSettleWindow(time.Second)), t.Context()
	charge := func(uid string) error {
		_, err := c.Onetime(ctx, iamport.OnetimeRequest{MerchantUID: uid, Amount: iamport.KRW(3000), Card: card})
		return err
	}
	require.NoError(t, charge("o1"), "executed, and found")
	var declined *iamport.DeclinedError
	require.ErrorAs(t, charge("o2"), &declined)
	require.Equal(t, "2116", declined.PGCode)
	var unknown *iamport.OutcomeUnknownError
	require.ErrorAs(t, charge("o3"), &unknown)
	require.NoError(t, charge("o4"))
}

// Every method of the client gets an answer of the API at the port: a result, or a refusal with
// its code. None is unreadable, and the outcome of none is unknown.
func TestEveryMethodOfTheClient(t *testing.T) {
	t.Parallel()
	p := start(t, "-memory", "-require-token")
	c := p.client()
	require.NoError(t, clienttest.Changes["RegisterCustomer"](t.Context(), c))
	require.NoError(t, clienttest.Changes["Again"](t.Context(), c))
	succeeded := 0
	for _, ops := range []map[string]clienttest.Op{clienttest.Changes, clienttest.Reads} {
		for name, op := range ops {
			if strings.HasPrefix(name, "Call") { // of an operation that is not there
				continue
			}
			err := op(t.Context(), c)
			if err == nil {
				succeeded++
				continue
			}
			_, unknown := errors.AsType[*iamport.OutcomeUnknownError](err)
			require.False(t, unknown && name != "Settle", "%s: %v", name, err)
			if failed, ok := errors.AsType[*iamport.Error](err); ok {
				require.NotZero(t, failed.Code, "%s: %v", name, err)
				require.NotZero(t, failed.StatusCode, "%s: %v", name, err)
			}
		}
	}
	require.GreaterOrEqual(t, succeeded, 15)
}
