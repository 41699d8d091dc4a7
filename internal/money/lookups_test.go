package money_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/iamporttest"
	"github.com/iamport-go/iamport/internal/clienttest"
)

// A record that is listed twice in one look-up, because it changed meanwhile, is
// judged in both states.
func TestRecordThatComesTwiceIsJudgedTwice(t *testing.T) {
	t.Parallel()
	var failed []string
	for i := range 1000 {
		failed = append(failed, clienttest.RecordOf(fmt.Sprintf("imps_%d", i), "failed", "a"))
	}
	for name, lookUp := range map[string]clienttest.Transport{
		"on one page": clienttest.AnsweringJSON(200, clienttest.Envelope(`{"total":1,"previous":0,"next":0,"list":[`+
			clienttest.RecordOf("imps_1", "failed", "a")+","+clienttest.RecordOf("imps_1", "paid", "a")+`]}`)),
		"on the next page": func(r *http.Request) (*http.Response, error) {
			page := `{"total":1001,"previous":0,"next":2,"list":[` + strings.Join(failed, ",") + `]}`
			if r.URL.Query().Get("page") == "2" {
				page = `{"total":1001,"previous":1,"next":0,"list":[` + clienttest.RecordOf("imps_7", "paid", "a") + "," +
					clienttest.RecordOf("imps_1000", "failed", "a") + `]}`
			}
			return clienttest.JSON(200, clienttest.Envelope(page)), nil
		},
	} {
		s := &clienttest.Shop{Charge: clienttest.Charged, LookUp: lookUp}
		p, err := clienttest.NewClient(t, s).EnsurePaid(t.Context(), clienttest.Order)
		require.NoError(t, err, name)
		require.Equal(t, iamport.StatusPaid, p.Status)
		require.Zero(t, s.Charges.Load(), name)
	}
}

// A look-up with a Retry-After longer than the remaining time has failed.
func TestRefusalWhoseLaterLooksFailIsUnknown(t *testing.T) {
	t.Parallel()
	for _, retryAfter := range []string{"", "30"} {
		synctest.Test(t, func(t *testing.T) {
			s := &clienttest.Shop{Charge: clienttest.AnsweringJSON(200, `{"code":-1,"message":"busy","response":null}`)}
			s.LookUp = func(r *http.Request) (*http.Response, error) {
				if s.LookUps.Load() <= 2 { // before the charge, and right after it
					return clienttest.Listing()(r)
				}
				resp, err := clienttest.Answering(503, "text/html", "<html>")(r)
				resp.Header.Set("Retry-After", retryAfter)
				return resp, err
			}
			_, err := clienttest.NewClient(t, s).EnsurePaid(t.Context(), clienttest.Order)
			require.False(t, clienttest.OutcomeUnknown(t, err).RetryAt.IsZero(), "it holds the order")
			require.Equal(t, int64(1), s.Charges.Load())
		})
	}
}

// If an answer to a change of schedules may be incomplete, the outcome is unknown. An
// empty list means that nothing was changed.
func TestChangesOfSchedulesBelieveWholeListsOnly(t *testing.T) {
	t.Parallel()
	at := time.Now().Add(time.Hour)
	for body, whole := range map[string]bool{
		`{}`: false, `{"total":2,"list":"x"}`: false, `{"total":2,"previous":0,"next":0,"list":[{"merchant_uid":"a"}]}`: false,
		`{"total":1,"previous":0,"next":2,"list":[{"merchant_uid":"a"}]}`: false, `[null]`: false, `["x"]`: false,
		`[]`: true, `[{"merchant_uid":"a"}]`: true, `{"total":1,"previous":0,"next":0,"list":[{"merchant_uid":"a"}]}`: true,
	} {
		s := clienttest.Always(clienttest.AnsweringJSON(200, clienttest.Envelope(body)))
		c := clienttest.NewClient(t, s)
		booked, booking := c.Schedule(t.Context(), iamport.ScheduleRequest{CustomerUID: "cu-1", Schedules: []iamport.ScheduleItem{
			{MerchantUID: "a", ScheduleAt: at, Amount: iamport.KRW(3000), Name: "June"},
		}})
		revoked, revoking := c.Unschedule(t.Context(), iamport.UnscheduleRequest{MerchantUIDs: []string{"a"}})
		for _, err := range []error{booking, revoking} {
			if whole {
				require.NoError(t, err, body)
			} else {
				clienttest.OutcomeUnknown(t, err)
			}
		}
		require.Equal(t, whole && body != "[]", len(booked) == 1 && len(revoked) == 1, body)
		require.Len(t, s.Requests(), 2)
	}
}

// A read is sent again after a sign-in that may go well a moment later.
func TestReadWhoseSignInFailsOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for status, again := range map[int]bool{0: true, 400: false, 401: false, 403: false, 429: true, 499: false, 500: true, 503: true} {
			s := newShop(t)
			fault := iamporttest.Answer(status, "application/json", `{"code":-1,"message":"no","response":null}`)
			if status == 0 {
				fault = iamporttest.LoseBefore()
			}
			s.Inject("POST /users/getToken", fault)
			_, err := s.client().GetCustomer(t.Context(), "customer_1")
			require.Equal(t, again, err == nil, "%d: %v", status, err)
		}
	})
}
