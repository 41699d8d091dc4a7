package iamport_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
)

// serverNow is what the clock of bearerAPI says: 2020-10-23, years away from the
// clock of a test.
const serverNow = 1603417956

const (
	refusedToken = `{"code":-1,"message":"Unauthorized","response":null}`
	wrongKey     = `{"code":-1,"message":"imp_key, imp_secret 인증에 실패하였습니다. API키와 secret을 확인하세요.","response":null}`
)

// bearerAPI is an API that issues tokens and counts. It is used as a transport,
// so that it works inside a synctest bubble too.
type bearerAPI struct {
	// signIn answers the nth getToken, counted from 1.
	signIn func(n int, r *http.Request) (*http.Response, error)
	// answer answers everything else; id is the imp_uid or merchant_uid.
	answer func(r *http.Request, token, id string) (*http.Response, error)

	mu      sync.Mutex
	signIns int
	sends   map[string]int      // by id
	bearers map[string]struct{} // every token that a call carried
	bodies  []string            // of getToken
}

func newBearerAPI() *bearerAPI {
	return &bearerAPI{
		signIn: func(n int, _ *http.Request) (*http.Response, error) {
			return literal(200, grant(fmt.Sprintf("token-%d", n), serverNow, serverNow+1800)), nil
		},
		answer: func(_ *http.Request, _, id string) (*http.Response, error) {
			return literal(200, paidRecord(id)), nil
		},
		sends:   map[string]int{},
		bearers: map[string]struct{}{},
	}
}

func (a *bearerAPI) client(t *testing.T, opts ...iamport.Option) *iamport.Client {
	t.Helper()
	opts = append([]iamport.Option{iamport.WithHTTPClient(&http.Client{Transport: a})}, opts...)
	c, err := iamport.NewClient("key-canary", "secret-canary", opts...)
	require.NoError(t, err)
	return c
}

func (a *bearerAPI) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		body, _ = io.ReadAll(r.Body)
		_ = r.Body.Close()
	}
	if r.URL.Path == "/users/getToken" {
		a.mu.Lock()
		a.signIns++
		n := a.signIns
		a.bodies = append(a.bodies, string(body))
		a.mu.Unlock()
		return a.signIn(n, r)
	}
	id := r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]
	if len(body) > 0 {
		var order struct {
			ID string `json:"merchant_uid"`
		}
		if err := json.Unmarshal(body, &order); err != nil {
			return nil, err
		}
		id = order.ID
	}
	token := r.Header.Get("Authorization")
	a.mu.Lock()
	a.sends[id]++
	a.bearers[token] = struct{}{}
	a.mu.Unlock()
	return a.answer(r, token, id)
}

func (a *bearerAPI) signInCount() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.signIns
}

// sent returns how often a call about id was sent.
func (a *bearerAPI) sent(id string) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.sends[id]
}

func (a *bearerAPI) sentAtAll() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	total := 0
	for _, n := range a.sends {
		total += n
	}
	return total
}

func literal(status int, body string) *http.Response {
	return &http.Response{
		StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{"Content-Type": {"application/json; charset=UTF-8"}},
		Body:   io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)),
	}
}

func grant(token string, now, expiredAt int64) string {
	return fmt.Sprintf(`{"code":0,"message":null,"response":{"access_token":"%s","now":%d,"expired_at":%d}}`,
		token, now, expiredAt)
}

// paidRecord is a payment that has id for both of its ids, and so fits every call.
func paidRecord(id string) string {
	return fmt.Sprintf(`{"code":0,"message":null,"response":{"imp_uid":"%[1]s","merchant_uid":"%[1]s",`+
		`"pay_method":"card","channel":"api","amount":3000,"cancel_amount":0,"currency":"KRW","status":"paid",`+
		`"started_at":1603417956,"paid_at":1603417957,"failed_at":0,"cancelled_at":0,"fail_reason":null}}`, id)
}

func againFor(merchantUID string) iamport.AgainRequest {
	return iamport.AgainRequest{
		CustomerUID: "customer-1", MerchantUID: merchantUID, Amount: iamport.KRW(3000), Name: "구독",
	}
}

// bothKinds runs a story with a read and with a charge.
func bothKinds(t *testing.T, story func(t *testing.T, do func(t *testing.T, c *iamport.Client, id string) error)) {
	t.Helper()
	t.Run("GetPayment", func(t *testing.T) {
		t.Parallel()
		story(t, func(t *testing.T, c *iamport.Client, id string) error {
			_, err := c.GetPayment(t.Context(), id)
			return err
		})
	})
	t.Run("Again", func(t *testing.T) {
		t.Parallel()
		story(t, func(t *testing.T, c *iamport.Client, id string) error {
			_, err := c.Again(t.Context(), againFor(id))
			return err
		})
	})
}
