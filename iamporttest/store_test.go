package iamporttest_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport/iamporttest"
)

// memory is a store that survives its servers.
type memory struct {
	mu        sync.Mutex
	documents map[[2]string]iamporttest.Document
	saves     int
	takes     time.Duration // of one Save
	running   atomic.Int32
	err       error
}

func newMemory() *memory { return &memory{documents: map[[2]string]iamporttest.Document{}} }

func (m *memory) Load() ([]iamporttest.Document, error) {
	var all []iamporttest.Document
	for _, d := range m.documents {
		all = append(all, d)
	}
	return all, m.err
}

func (m *memory) Save(changed []iamporttest.Document) error {
	if m.running.Add(1) != 1 {
		panic("Save was called twice at once")
	}
	defer m.running.Add(-1)
	time.Sleep(m.takes)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.saves++
	if m.err != nil {
		return m.err
	}
	for _, d := range changed {
		if at := [2]string{d.Kind, d.Key}; d.JSON == nil {
			delete(m.documents, at)
		} else {
			m.documents[at] = d
		}
	}
	return nil
}

// openStored is a shop on a new server with the state of m. It signs in only without an earlier token.
func openStored(t *testing.T, m *memory, token string, opts ...iamporttest.Option) *shop {
	t.Helper()
	srv, err := iamporttest.Open(m, opts...)
	require.NoError(t, err)
	s := &shop{t: t, srv: srv, http: srv.Client(), base: "https://api.iamport.kr", token: token}
	if token == "" {
		s.signIn()
	}
	return s
}

// fillState makes one object of every kind and state.
func fillState(s *shop) {
	s.register("c", anyCard).okay()
	s.register("gone", anyCard).okay()
	s.do("DELETE", "/subscribe/customers/gone", "").okay()
	s.post("/subscribe/customers/group", `{"card_number":"1234-1234-1234-1234","expiry":"2030-12",
		"channel_group_id":"g","customer_id":"i","customer_name":"n","customer_tel":"t","customer_email":"e",
		"customer_addr":"a","customer_postcode":"p"}`).okay()
	s.register("later", "4000-0000-0000-0028").okay()
	s.again("m1").okay()
	s.post("/subscribe/payments/onetime", `{"merchant_uid":"m2","amount":10.5,"currency":"USD","tax_free":1,
		"vat_amount":0.25,"name":"이름","card_quota":3,"buyer_name":"b","buyer_email":"e","buyer_tel":"t",
		"buyer_addr":"a","buyer_postcode":"p","custom_data":{"a":1},"promotion_id":"promo",
		"card_number":"1234-1234-1234-1234","expiry":"2030-12","customer_uid":"issued"}`).okay()
	s.post("/payments/cancel", `{"merchant_uid":"m2","amount":0.5,"tax_free":0.1,"vat_amount":0,"reason":"r"}`).okay()
	s.post("/payments/cancel", `{"merchant_uid":"m2","amount":1,"reason":"again"}`).okay()
	s.srv.DeclineCustomer("declined", "[2116]no")
	s.register("declined", anyCard).okay()
	s.post("/subscribe/payments/again", `{"customer_uid":"declined","merchant_uid":"m3","amount":1}`).okay()
	s.srv.DeclineCustomer("c", "for a moment")
	s.srv.DeclineCustomer("c", "")
	s.post("/payments/prepare", `{"merchant_uid":"m4","amount":7,"currency":"KRW"}`).okay()
	at := s.srv.Now().Add(time.Hour).Unix()
	for i, uid := range []string{"s1", "s2", "s3"} {
		s.post("/subscribe/payments/schedule", fmt.Sprintf(`{"customer_uid":"c","customer_id":"i","checking_amount":100,
			"schedules":[{"merchant_uid":%q,"amount":5,"schedule_at":%d,"name":"n"}]}`, uid, at+int64(60*(2-i)))).okay()
	}
	s.post("/subscribe/payments/unschedule", `{"customer_uid":"c","merchant_uid":["s2"]}`).okay()
}

// look returns the answers of all look-ups.
func look(s *shop) string {
	var b strings.Builder
	from, to := s.srv.Now().Add(-time.Hour).Unix(), s.srv.Now().Add(24*time.Hour).Unix()
	paths := []string{"/payments/status/all?limit=1000", "/subscribe/customers?customer_uid[]=c&customer_uid[]=group&" +
		"customer_uid[]=issued&customer_uid[]=gone&customer_uid[]=later&customer_uid[]=declined",
		fmt.Sprintf("/subscribe/payments/schedule?schedule_from=%d&schedule_to=%d", from, to),
		"/payments/prepare/m4", "/subscribe/customers/c/payments", "/payments/imps_100000000002/balance"}
	for _, uid := range []string{"m1", "m2", "m3", "s1", "s2", "s3"} {
		paths = append(paths, "/payments/findAll/"+uid, "/subscribe/payments/schedule/"+uid)
	}
	for _, path := range paths {
		fmt.Fprintln(&b, path, s.get(path).raw)
	}
	fmt.Fprintln(&b, s.srv.AllApprovals(), s.srv.Approvals("m2"), s.srv.Refunds("imps_100000000002"), s.srv.Snapshot(100))
	return b.String()
}

func TestStoreKeepsEverything(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		s := openStored(t, m, "", iamporttest.WithTestChannel())
		fillState(s)
		before := look(s)
		restarted := openStored(t, m, s.token, iamporttest.WithTestChannel())
		require.Equal(t, before, look(restarted), "the token is valid too")
		time.Sleep(2 * time.Hour)
		s.signIn()
		restarted.signIn()
		after := look(s)
		require.NotEqual(t, before, after)
		require.Equal(t, after, look(restarted), "the schedules ran")
		require.Equal(t, restarted.again("m9").okay().text("imp_uid"), s.again("m9").okay().text("imp_uid"), "the sequence goes on")
		require.Equal(t, "failed", restarted.post("/subscribe/payments/again",
			`{"customer_uid":"declined","merchant_uid":"m10","amount":1}`).okay().text("status"))
		require.Equal(t, "failed", restarted.post("/subscribe/payments/again",
			`{"customer_uid":"later","merchant_uid":"m11","amount":1}`).okay().text("status"))
		for _, d := range m.documents {
			text := strings.ReplaceAll(d.Key+string(d.JSON), "-", "")
			require.NotContains(t, text, "1234123412341234")
			require.NotContains(t, text, "4000000000000028")
			require.NotContains(t, text, s.token)
		}
		s.srv.RevokeTokens()
		changed, err := s.srv.Sync()
		require.NoError(t, err)
		require.True(t, changed)
		openStored(t, m, s.token).get("/payments/find/m1").refused(401, "-1", "Unauthorized")
	})
}

// A record that changes later changes after a restart too, at its time, and issues the key that it would have issued.
func TestStoreKeepsPlannedChanges(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		s := openStored(t, m, "")
		s.srv.Inject("POST /subscribe/payments/onetime", iamporttest.Pending(time.Minute, true),
			iamporttest.Pending(time.Minute, false), iamporttest.FailThenPay(time.Minute, "no"))
		for _, uid := range []string{"paid", "failed", "wall"} {
			s.post("/subscribe/payments/onetime", fmt.Sprintf(`{"merchant_uid":%q,"amount":5,"customer_uid":"of-%s",
				"card_number":"1234-1234-1234-1234","expiry":"2030-12"}`, uid, uid)).okay()
		}
		due := time.Now().Add(time.Minute)
		time.Sleep(30 * time.Second)
		s.register("c", anyCard).okay()
		s.again("between").okay()
		s = openStored(t, m, s.token)
		require.Equal(t, 1, s.srv.AtPG("paid"))
		require.True(t, due.Equal(s.srv.SnapshotOrder("paid").Payments[0].ChangesAt))
		require.Equal(t, "ready", s.get("/payments/find/paid").okay().text("status"))
		require.Equal(t, "failed", s.get("/payments/find/wall").okay().text("status"))
		time.Sleep(time.Minute)
		for uid, want := range map[string]string{"paid": "paid", "failed": "failed", "wall": "paid"} {
			require.Equal(t, want, s.get("/payments/find/"+uid).okay().text("status"), uid)
		}
		require.True(t, due.Equal(s.srv.Approvals("paid")[0].At))
		require.Equal(t, 0, s.srv.AtPG("paid"))
		s.get("/subscribe/customers/of-paid").okay()
		s.get("/subscribe/customers/of-failed").refused(200, "1", "요청하신 customer_uid(of-failed)로 등록된 정보를 찾을 수 없습니다.")
		s = openStored(t, m, s.token)
		require.Equal(t, 0, s.srv.AtPG("paid"), "a change that happened is not planned again")
		require.Equal(t, 1, s.srv.Charges("paid"))
		var order []string
		for _, a := range s.srv.AllApprovals() {
			order = append(order, a.MerchantUID)
		}
		require.Equal(t, []string{"between", "paid", "wall"}, order, "in the order of approval, not of the charges")
	})
}

// A request whose change cannot be saved has no answer, nor has a look-up that would show the change.
func TestStoreThatFails(t *testing.T) {
	t.Parallel()
	m := newMemory()
	s := openStored(t, m, "")
	s.register("c", anyCard).okay()
	m.err = errors.New("the disk is full")
	for _, r := range []*http.Request{
		s.request("POST", "/subscribe/payments/again", `{"customer_uid":"c","merchant_uid":"m","amount":3000}`),
		s.request("GET", "/payments/find/m", ""),
	} {
		_, err := s.send(r)
		require.Error(t, err)
	}
	_, err := s.srv.Sync()
	require.ErrorIs(t, err, m.err)
	_, err = iamporttest.Open(m)
	require.ErrorIs(t, err, m.err)
	m.err = nil
	require.Zero(t, openStored(t, m, "").srv.Charges("m"), "nothing of it was saved")
	require.Equal(t, "paid", s.get("/payments/find/m").okay().text("status"), "it is saved with the next request")
	require.Equal(t, 1, openStored(t, m, "").srv.Charges("m"))
}

func TestStoreRefusesWhatItCannotRead(t *testing.T) {
	t.Parallel()
	for _, d := range []iamporttest.Document{
		{Kind: "payment", Key: "k", JSON: []byte("{")},
		{Kind: "key", Key: "k", JSON: []byte("[]")},
		{Kind: "prepared", Key: "k", JSON: []byte("1")},
		{Kind: "declining", Key: "k", JSON: []byte("{}")},
		{Kind: "token", Key: "k", JSON: []byte(`"x"`)},
		{Kind: "server", Key: "sequence", JSON: []byte(`"x"`)},
		{Kind: "schedule", Key: "k", JSON: []byte(`{"amount":"1","imp_uid":"imps_1"}`)},
		{Kind: "of a newer version", Key: "k", JSON: []byte("1")},
	} {
		m := newMemory()
		m.documents[[2]string{}] = d
		_, err := iamporttest.Open(m)
		require.Error(t, err, d.Kind)
	}
}

// Requests that arrive during a Save are saved together by the next one, and none is answered before it.
func TestStoreSavesManyAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		s := openStored(t, m, "")
		s.register("c", anyCard).okay()
		m.saves, m.takes = 0, time.Second
		start := time.Now()
		var all sync.WaitGroup
		var answered [20]time.Duration
		for i := range answered {
			all.Go(func() {
				if i > 0 {
					time.Sleep(500 * time.Millisecond)
				}
				if _, err := s.send(s.request("POST", "/subscribe/payments/again",
					fmt.Sprintf(`{"customer_uid":"c","merchant_uid":"m%d","amount":3000}`, i))); err == nil {
					answered[i] = time.Since(start)
				}
			})
		}
		all.Wait()
		require.Equal(t, time.Second, answered[0])
		for _, at := range answered[1:] {
			require.Equal(t, 2*time.Second, at)
		}
		require.Equal(t, 2, m.saves)
		s.get("/payments/find/m3").okay()
		require.Equal(t, 2, m.saves, "a look-up saves nothing")
	})
}

// A webhook is not sent while its event is not saved.
func TestStoreBeforeWebhook(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		var saves []int
		s := openStored(t, m, "", iamporttest.WithWebhooks(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
			saves = append(saves, m.saves)
		})))
		s.register("c", anyCard).okay()
		m.saves, m.takes = 0, time.Second
		s.again("m").okay()
		require.NoError(t, s.srv.WaitWebhooks(t.Context()))
		require.Equal(t, []int{1}, saves)
		m.err = errors.New("the disk is full")
		_, err := s.send(s.request("POST", "/subscribe/payments/again", `{"customer_uid":"c","merchant_uid":"m2","amount":1}`))
		require.Error(t, err)
		require.NoError(t, s.srv.WaitWebhooks(t.Context()))
		require.Len(t, saves, 1)
		require.Contains(t, s.srv.Webhooks()[1].Attempts[0].Err, "the disk is full")
	})
}

func TestOpenWithCustomers(t *testing.T) {
	t.Parallel()
	m := newMemory()
	s := openStored(t, m, "", iamporttest.WithCustomers("c"))
	s.get("/subscribe/customers/c").okay()
	require.Contains(t, m.documents, [2]string{"key", "c"})
}
