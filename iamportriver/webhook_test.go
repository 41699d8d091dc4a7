package iamportriver

import (
	"context"
	"database/sql"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river/rivertype"
	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
)

func TestWebhooks(t *testing.T) { onBoth(t, testWebhooks[pgx.Tx], testWebhooks[*sql.Tx]) }

func testWebhooks[TTx any](t *testing.T, db Database[TTx]) {
	s := newShop(t, db, func(c *Config[TTx]) {
		c.OnPayment = func(ctx context.Context, tx TTx, p *iamport.Payment) error {
			_, err := c.Database.conn(tx).exec(ctx, `INSERT INTO ledger VALUES ($1, $2, 0)`, p.MerchantUID, string(p.Status)+" "+p.CancelAmount.String())
			return err
		}
	})
	p, err := s.Client.Again(t.Context(), iamport.AgainRequest{MerchantUID: "order-1", CustomerUID: "card-1", Amount: iamport.KRW(1000), Name: "a"})
	require.NoError(t, err)
	handler := s.WebhookHandler(s.river)
	send := func(method, contentType, body string) int {
		r := httptest.NewRequestWithContext(t.Context(), method, "/webhook", strings.NewReader(body))
		r.Header.Set("Content-Type", contentType)
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		require.Empty(t, w.Body.String())
		return w.Code
	}
	event := `{"imp_uid":"` + p.ImpUID + `","merchant_uid":"order-1","status":"paid"}`
	require.Equal(t, 200, send(http.MethodPost, "application/json", event))
	require.Equal(t, 200, send(http.MethodPost, "application/json", event), "iamport sends some events twice")
	require.Equal(t, 200, send(http.MethodPost, "application/x-www-form-urlencoded", "imp_uid=imp_0&merchant_uid=order-9&status=paid"))
	require.Equal(t, 200, send(http.MethodPost, "application/json", `{"imp_uid":"`+p.ImpUID+`","merchant_uid":"order-9","status":"paid"}`))
	require.Equal(t, 405, send(http.MethodGet, "", ""))
	require.Equal(t, 400, send(http.MethodPost, "application/json", `{"merchant_uid":"order-1"}`))
	s.start()
	require.Equal(t, []string{"completed", "completed", "cancelled", "cancelled"}, states(s.jobs("iamport_webhook")))
	require.Equal(t, []string{"order-1 paid 0 0"}, s.ledger())

	// Each of two partial refunds is another state of the payment.
	for _, won := range []string{"300", "200"} {
		require.NoError(t, s.server.CancelInConsole("order-1", won))
		require.Equal(t, 200, send(http.MethodPost, "application/json", `{"imp_uid":"`+p.ImpUID+`","merchant_uid":"order-1","status":"cancelled"}`))
		s.jobs("iamport_webhook")
	}
	require.Equal(t, []string{"order-1 cancelled 300 0", "order-1 cancelled 500 0", "order-1 paid 0 0"}, s.ledger())
}

func states(jobs []*rivertype.JobRow) (states []string) {
	for _, job := range jobs {
		states = append(states, string(job.State))
	}
	return states
}

func TestWebhookIsNotStored(t *testing.T) {
	t.Parallel()
	db := emptySQLite(t)
	s := newShop(t, db, nil)
	_, err := db.pool.exec(t.Context(), `DROP TABLE river_job`)
	require.NoError(t, err)
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/webhook", strings.NewReader(`{"imp_uid":"imp_1"}`))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	s.WebhookHandler(s.river).ServeHTTP(w, r)
	require.Equal(t, 500, w.Code)
}

// The event of a sender that leaves before the answer is stored.
func TestWebhookSenderLeaves(t *testing.T) {
	t.Parallel()
	s := newShop(t, emptySQLite(t), nil)
	ctx, leave := context.WithCancel(t.Context())
	leave()
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/webhook", strings.NewReader(`{"imp_uid":"imp_1"}`))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	s.WebhookHandler(s.river).ServeHTTP(w, r)
	require.Equal(t, 200, w.Code)
}

// A process without OnPayment leaves the events to one that has it.
func TestWebhookWithoutOnPayment(t *testing.T) {
	t.Parallel()
	db := emptySQLite(t)
	s := newShop(t, db, nil)
	_, err := s.river.Insert(t.Context(), webhookArgs{ImpUID: "imp_1"}, nil)
	require.NoError(t, err)
	s.insert(won("order-1", "card-1"))
	s.start()
	s.ends(1)
	job, err := s.river.JobGet(t.Context(), 1)
	require.NoError(t, err)
	require.Equal(t, rivertype.JobStateAvailable, job.State)
}
