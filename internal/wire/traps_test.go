package wire_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/internal/clienttest"
)

// Traps of requests: what other clients of this API send wrongly.

// hostile are values that break a form encoded by string concatenation.
var hostile = []string{
	"Kim,amount:1", "Kim&customer_uid=x", `Kim","amount":1,"a":"`, "https://x/y?a=1&b=2#c", "a+b@x.com",
	"A&B", "cu:1,2", "50%off", "a=b;c", `{"a":{"b":[1,"2"]}}`, "{}\"", "<월> & \u2028", "\\u0041", "tab\tnew\nline",
}

func TestValuesArriveUnchanged(t *testing.T) {
	t.Parallel()
	card := iamport.Card{Number: "1234-1234-1234-1234", Expiry: "2030-12"}
	for _, value := range hostile {
		short := string([]rune(value)[:min(16, len([]rune(value)))])
		for name, do := range map[string]func(context.Context, *iamport.Client) error{
			"Onetime": func(ctx context.Context, c *iamport.Client) error {
				_, err := c.Onetime(ctx, iamport.OnetimeRequest{
					MerchantUID: "order-1", Amount: iamport.KRW(50000), Card: card, CustomerUID: value, Name: value,
					BuyerName: short, BuyerEmail: value, NoticeURL: value, CustomData: value,
				})
				return err
			},
			"Again": func(ctx context.Context, c *iamport.Client) error {
				_, err := c.Again(ctx, iamport.AgainRequest{
					CustomerUID: value, MerchantUID: "order-1", Amount: iamport.KRW(50000), Name: value,
					BuyerName: short, BuyerEmail: value, NoticeURL: value, CustomData: value,
				})
				return err
			},
			"Schedule": func(ctx context.Context, c *iamport.Client) error {
				_, err := c.Schedule(ctx, iamport.ScheduleRequest{CustomerUID: value, Schedules: []iamport.ScheduleItem{{
					MerchantUID: "order-1", Amount: iamport.KRW(50000), ScheduleAt: clienttest.Year2100, Name: value,
					BuyerName: short, BuyerEmail: value, NoticeURL: value, CustomData: value,
				}}})
				return err
			},
		} {
			s := clienttest.Always(clienttest.AnsweringJSON(200, clienttest.Envelope(`[{"status":"paid"}]`)))
			if name != "Schedule" {
				s = clienttest.Always(clienttest.Charged)
			}
			require.NoError(t, do(t.Context(), clienttest.NewClient(t, s)), "%s %q", name, value)
			require.Len(t, s.Requests(), 1)
			var body, item map[string]any
			require.NoError(t, json.Unmarshal([]byte(s.Requests()[0].Body), &body))
			item = body
			if name == "Schedule" {
				item = body["schedules"].([]any)[0].(map[string]any)
			}
			require.Equal(t, value, body["customer_uid"], name)
			require.InDelta(t, 50000, item["amount"], 0, name)
			require.Equal(t, []any{value, short, value, value, value},
				[]any{item["name"], item["buyer_name"], item["buyer_email"], item["notice_url"], item["custom_data"]}, name)
			require.Len(t, body, map[string]int{"Onetime": 10, "Again": 8, "Schedule": 2}[name], name)
		}
	}
}

func TestValuesInAQueryArriveUnchanged(t *testing.T) {
	t.Parallel()
	for _, value := range hostile {
		s := clienttest.Always(clienttest.AnsweringJSON(200, clienttest.Envelope(`[]`)))
		client := clienttest.NewClient(t, s)
		_, missing, err := client.GetCustomers(t.Context(), value, "plain")
		require.NoError(t, err)
		require.Equal(t, []string{value, "plain"}, missing)
		_, _, err = client.GetPayments(t.Context(), iamport.GetPaymentsRequest{MerchantUIDs: []string{value}})
		require.NoError(t, err)
		_, err = client.DeleteCustomer(t.Context(), "cu-1", iamport.DeleteCustomerRequest{Reason: value})
		require.Error(t, err, "an array is no billing key")

		var queries []url.Values
		for _, r := range s.Requests() {
			_, query, _ := strings.Cut(r.URI, "?")
			parsed, err := url.ParseQuery(query)
			require.NoError(t, err)
			queries = append(queries, parsed)
		}
		require.Equal(t, []url.Values{
			{"customer_uid[]": {value, "plain"}}, {"merchant_uid[]": {value}}, {"reason": {value}},
		}, queries)
	}
}

func TestThreeSpellingsOfAPeriod(t *testing.T) {
	t.Parallel()
	s := clienttest.Always(clienttest.AnsweringJSON(200, clienttest.Envelope(`[]`)))
	client := clienttest.NewClient(t, s)
	from, to := time.Unix(1700000000, 0), time.Unix(1700000060, 0)
	_, err := client.ListCustomerSchedules(t.Context(), "cu-1", iamport.CustomerScheduleQuery{From: from, To: to, Status: iamport.ScheduleRevoked})
	require.NoError(t, err)
	_, err = client.ListSchedules(t.Context(), iamport.ScheduleQuery{From: from, To: to, Status: iamport.ScheduleRevoked})
	require.NoError(t, err)
	_, err = clienttest.Collect(client.Payments(t.Context(), iamport.PaymentQuery{From: from, To: to, Status: iamport.StatusCancelled}))
	require.NoError(t, err)
	require.Equal(t, []clienttest.Request{
		{Method: "GET", URI: "/subscribe/customers/cu-1/schedules?from=1700000000&schedule-status=revoked&to=1700000060"},
		{Method: "GET", URI: "/subscribe/payments/schedule?schedule_from=1700000000&schedule_status=revoked&schedule_to=1700000060"},
		{Method: "GET", URI: "/payments/status/cancelled?from=1700000000&page=1&to=1700000059"},
	}, s.Requests())
}

func TestTwoSpellingsOfAChannelGroup(t *testing.T) {
	t.Parallel()
	s := clienttest.Always(clienttest.Charged)
	client := clienttest.NewClient(t, s)
	card := iamport.Card{Number: "1234-1234-1234-1234", Expiry: "2030-12"}
	_, err := client.Onetime(t.Context(), iamport.OnetimeRequest{MerchantUID: "order-1", Amount: iamport.KRW(1000), Card: card, ChannelGroupID: "g"})
	require.NoError(t, err)
	_, err = client.RegisterCustomer(t.Context(), "cu-1", iamport.RegisterCustomerRequest{Card: card, ChannelGroupID: "g"})
	require.NoError(t, err)
	require.Contains(t, s.Requests()[0].Body, `"channelGroupId":"g"`)
	require.NotContains(t, s.Requests()[0].Body, "channel_group_id")
	require.Contains(t, s.Requests()[1].Body, `"channel_group_id":"g"`)
	require.NotContains(t, s.Requests()[1].Body, "channelGroupId")
}

func TestUnscheduleOfEverythingHasToBeSaid(t *testing.T) {
	t.Parallel()
	client := clienttest.NewClient(t, clienttest.NoCall(t))
	for name, test := range map[string]struct {
		r     iamport.UnscheduleRequest
		field string
	}{
		"the zero value":               {iamport.UnscheduleRequest{}, "MerchantUIDs"},
		"a customer":                   {iamport.UnscheduleRequest{CustomerUID: "cu-1"}, "MerchantUIDs"},
		"a customer and no orders":     {iamport.UnscheduleRequest{CustomerUID: "cu-1", MerchantUIDs: []string{}}, "MerchantUIDs"},
		"a customer and an empty one":  {iamport.UnscheduleRequest{CustomerUID: "cu-1", MerchantUIDs: []string{""}}, "MerchantUIDs[0]"},
		"orders, one of them empty":    {iamport.UnscheduleRequest{MerchantUIDs: []string{"m-1", ""}}, "MerchantUIDs[1]"},
		"all of nobody":                {iamport.UnscheduleRequest{All: true}, "CustomerUID"},
		"all and some":                 {iamport.UnscheduleRequest{CustomerUID: "cu-1", MerchantUIDs: []string{"m-1"}, All: true}, "MerchantUIDs"},
		"all of nobody and some":       {iamport.UnscheduleRequest{MerchantUIDs: []string{"m-1"}, All: true}, "CustomerUID"},
		"an order number with 41":      {iamport.UnscheduleRequest{MerchantUIDs: []string{strings.Repeat("가", 41)}}, "MerchantUIDs[0]"},
		"an order number of no UTF-8":  {iamport.UnscheduleRequest{MerchantUIDs: []string{"\xff"}}, "MerchantUIDs[0]"},
		"a customer of 81 characters":  {iamport.UnscheduleRequest{CustomerUID: strings.Repeat("가", 81), All: true}, "CustomerUID"},
		"a customer that is not UTF-8": {iamport.UnscheduleRequest{CustomerUID: "\xff", All: true}, "CustomerUID"},
	} {
		schedules, err := client.Unschedule(t.Context(), test.r)
		require.Nil(t, schedules, name)
		require.Contains(t, clienttest.Invalid(t, err), test.field, name)
	}
}

func TestOrderNumberThatIsAPathOfTheAPI(t *testing.T) {
	t.Parallel()
	client := clienttest.NewClient(t, clienttest.NoCall(t))
	schedule := func(id string) error {
		_, err := client.Schedule(t.Context(), iamport.ScheduleRequest{CustomerUID: "cu-1", Schedules: []iamport.ScheduleItem{
			{MerchantUID: "m-1", ScheduleAt: clienttest.Year2100, Amount: iamport.KRW(1)},
			{MerchantUID: id, ScheduleAt: clienttest.Year2100, Amount: iamport.KRW(1)},
		}})
		return err
	}
	for _, id := range []string{"customers", ".", ".."} {
		require.Contains(t, clienttest.Invalid(t, schedule(id)), "Schedules[1].MerchantUID", id)
	}
	_, get := client.GetSchedule(t.Context(), "customers")
	_, update := client.UpdateSchedule(t.Context(), "customers", clienttest.Year2100)
	_, reschedule := client.Reschedule(t.Context(), "customers", clienttest.Year2100)
	_, retry := client.RetrySchedule(t.Context(), "customers")
	for _, err := range []error{get, update, reschedule, retry} {
		require.Contains(t, clienttest.Invalid(t, err), "MerchantUID")
		require.ErrorIs(t, err, iamport.ErrNotCharged)
	}
}

func TestIdsAreFetchedAHundredAtATime(t *testing.T) {
	t.Parallel()
	echo := func(name string) *clienttest.Stub {
		return clienttest.Always(func(r *http.Request) (*http.Response, error) {
			var list []string
			for _, id := range r.URL.Query()[name+"[]"] {
				if id != "id-7" && id != "id-250" {
					list = append(list, `{"`+name+`":"`+id+`","imp_uid":"`+id+`"}`)
				}
			}
			return clienttest.AnsweringJSON(207, clienttest.Envelope("["+strings.Join(list, ",")+"]"))(r)
		})
	}
	for _, n := range []int{1, 99, 100, 101, 200, 251} {
		ids := make([]string, n)
		for i := range ids {
			ids[i] = "id-" + string(rune('0'+i/100)) + string(rune('0'+i/10%10)) + string(rune('0'+i%10))
			if i == 7 {
				ids[i] = "id-7"
			}
		}
		asked := append(ids[:n:n], ids[:min(n, 3)]...) // some of them twice
		var want []string
		if n > 7 {
			want = append(want, "id-7")
		}
		if n > 250 {
			want = append(want, "id-250")
		}
		for name, get := range map[string]func(*iamport.Client) (int, []string, error){
			"customer_uid": func(c *iamport.Client) (int, []string, error) {
				found, missing, err := c.GetCustomers(t.Context(), asked...)
				return len(found), missing, err
			},
			"imp_uid": func(c *iamport.Client) (int, []string, error) {
				found, missing, err := c.GetPayments(t.Context(), iamport.GetPaymentsRequest{ImpUIDs: asked})
				return len(found), missing, err
			},
			"merchant_uid": func(c *iamport.Client) (int, []string, error) {
				found, missing, err := c.GetPayments(t.Context(), iamport.GetPaymentsRequest{MerchantUIDs: asked})
				return len(found), missing, err
			},
		} {
			s := echo(name)
			found, missing, err := get(clienttest.NewClient(t, s))
			require.NoError(t, err)
			require.Equal(t, n-len(want), found)
			require.ElementsMatch(t, want, missing)
			require.Len(t, s.Requests(), (n+99)/100, "%d of %s", n, name)
			var sent []string
			for _, r := range s.Requests() {
				_, query, _ := strings.Cut(r.URI, "?")
				parsed, err := url.ParseQuery(query)
				require.NoError(t, err)
				require.LessOrEqual(t, len(parsed[name+"[]"]), 100)
				sent = append(sent, parsed[name+"[]"]...)
			}
			require.Equal(t, ids, sent)
		}
	}
}
