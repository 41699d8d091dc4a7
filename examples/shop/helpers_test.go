package main

import (
	"context"
	"crypto/rand"
	"log/slog"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/iamporttest"
)

var (
	goodCard    = iamport.Card{Number: "1234-1234-1234-1234", Expiry: "2030-12"}
	unpaidCard  = iamport.Card{Number: "4000-0000-0000-0028", Expiry: "2030-12"} // stored, and every charge declined
	unknownCard = iamport.Card{Number: "4000-0000-0000-0010", Expiry: "2030-12"}
)

// env is a shop on its own sandbox.
type env struct {
	*shop
	sandbox sandbox
	file    string
}

func newEnv(t *testing.T, start time.Time) *env { return newEnvWith(t, start, "") }

func newEnvWith(t *testing.T, start time.Time, webhookURL string, opts ...iamporttest.Option) *env {
	t.Helper()
	e := &env{sandbox: newSandbox(start, webhookURL, opts...), file: filepath.Join(t.TempDir(), "shop.db")}
	e.open(t)
	return e
}

// inBubble calls f with a shop on a sandbox, both in a bubble where waiting takes no time.
func inBubble(t *testing.T, f func(*testing.T, *env)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { f(t, newEnv(t, january)) })
}

// inBubbleWithRetries is inBubble with a sandbox that sends a failed webhook again.
func inBubbleWithRetries(t *testing.T, f func(*testing.T, *env)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { f(t, newEnvWith(t, january, "", iamporttest.WithWebhookRetries(1))) })
}

// open opens the file, as a new process does: its client knows nothing of the last one.
func (e *env) open(t *testing.T) {
	t.Helper()
	a := account{key: "sandbox-key", secret: "sandbox-secret", http: e.sandbox.Client()}
	shop, err := openShop(t.Context(), database{e.file, true}, a, e.sandbox.Now, slog.New(slog.DiscardHandler), iamport.WithSettleWindow(50*time.Millisecond))
	require.NoError(t, err)
	t.Cleanup(func() { _ = shop.close() })
	e.shop = shop
	hook := shop.webhook()
	e.sandbox.hook.Store(&hook)
}

func (e *env) mustSignUp(t *testing.T, p plan, card iamport.Card) customer {
	t.Helper()
	c, err := e.signUp(t.Context(), rand.Text(), "Minji", p, card)
	require.NoError(t, err)
	return c
}

// runDays runs the shop for a number of days, and once today. The webhooks of a day come
// before its run.
func (e *env) runDays(t *testing.T, days int) {
	t.Helper()
	require.NoError(t, e.run(t.Context()))
	for range days {
		e.sandbox.forward(1)
		e.waitWebhooks(t)
		require.NoError(t, e.run(t.Context()))
	}
}

func (e *env) waitWebhooks(t *testing.T) {
	t.Helper()
	require.NoError(t, e.sandbox.WaitWebhooks(t.Context()))
}

// webhookCount returns how many webhooks had an outcome.
func (e *env) webhookCount(t *testing.T, outcome string) int {
	t.Helper()
	all, err := e.webhookCounts(t.Context())
	require.NoError(t, err)
	for _, c := range all {
		if c.Name == outcome {
			return c.Count
		}
	}
	return 0
}

func (e *env) theOrder(t *testing.T, merchantUID string) order {
	t.Helper()
	o, err := one(orders(t.Context(), e.db, `merchant_uid = ?`, merchantUID))
	require.NoError(t, err)
	return o
}

func (e *env) again(t *testing.T, c customer) customer {
	t.Helper()
	c, err := e.customer(t.Context(), c.ID)
	require.NoError(t, err)
	return c
}

// requireEqualBooks reconciles, and compares with the books of the sandbox.
func (e *env) requireEqualBooks(t *testing.T, charged ...string) {
	t.Helper()
	e.waitWebhooks(t)
	r, err := e.reconcile(context.WithoutCancel(t.Context()), e.now().AddDate(-3, 0, 0))
	require.NoError(t, err)
	require.Empty(t, r.Differences)
	require.NoError(t, e.sandbox.checkBooks(t.Context(), e.shop))
	require.Equal(t, r.Iamport, r.Ledger)
	require.Equal(t, charged, e.sandbox.ChargedUIDs())
	for _, uid := range charged {
		require.Equal(t, 1, e.sandbox.Charges(uid), uid)
	}
	require.Zero(t, e.sandbox.Pending(), "every fault was used")
}
