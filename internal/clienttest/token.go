package clienttest

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
)

// ServerNow is the time of the clock of a BearerAPI: 2020-10-23, years away from the
// clock of a test.
const ServerNow = 1603417956

// Refusals of the API with HTTP 401.
const (
	RefusedToken = `{"code":-1,"message":"Unauthorized","response":null}`
	WrongKey     = `{"code":-1,"message":"imp_key, imp_secret 인증에 실패하였습니다. API키와 secret을 확인하세요.","response":null}`
)

// BearerAPI is an API that issues tokens and counts. It is used as a transport,
// so that it works inside a synctest bubble too.
type BearerAPI struct {
	// SignIn answers the nth getToken, counted from 1.
	SignIn func(n int, r *http.Request) (*http.Response, error)
	// Answer answers everything else; id is the imp_uid or merchant_uid.
	Answer func(r *http.Request, token, id string) (*http.Response, error)

	mu      sync.Mutex
	signIns int
	sends   map[string]int      // by id
	bearers map[string]struct{} // every token that a call carried
	bodies  []string            // of getToken
}

// NewBearerAPI returns an API that issues token-1, token-2 and so on, each for half an
// hour, and answers every call with PaidRecord.
func NewBearerAPI() *BearerAPI {
	return &BearerAPI{
		SignIn: func(n int, _ *http.Request) (*http.Response, error) {
			return JSON(200, Grant(fmt.Sprintf("token-%d", n), ServerNow, ServerNow+1800)), nil
		},
		Answer: func(_ *http.Request, _, id string) (*http.Response, error) {
			return JSON(200, PaidRecord(id)), nil
		},
		sends:   map[string]int{},
		bearers: map[string]struct{}{},
	}
}

// Client returns a client of a, whose key and secret are key-canary and secret-canary.
func (a *BearerAPI) Client(t *testing.T, opts ...iamport.Option) *iamport.Client {
	t.Helper()
	opts = append([]iamport.Option{iamport.WithHTTPClient(&http.Client{Transport: a})}, opts...)
	c, err := iamport.NewClient("key-canary", "secret-canary", opts...)
	require.NoError(t, err)
	return c
}

// RoundTrip counts the request and answers it.
func (a *BearerAPI) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		body, _ = io.ReadAll(r.Body)
		_ = r.Body.Close()
	}
	if r.URL.Path == signInPath {
		a.mu.Lock()
		a.signIns++
		n := a.signIns
		a.bodies = append(a.bodies, string(body))
		a.mu.Unlock()
		return a.SignIn(n, r)
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
	return a.Answer(r, token, id)
}

// DelaySignIn makes every sign-in take d, or until its context ends.
func (a *BearerAPI) DelaySignIn(d time.Duration) {
	quick := a.SignIn
	a.SignIn = func(n int, r *http.Request) (*http.Response, error) {
		select {
		case <-time.After(d):
			return quick(n, r)
		case <-r.Context().Done():
			return nil, r.Context().Err()
		}
	}
}

// SignIns returns how often getToken was called.
func (a *BearerAPI) SignIns() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.signIns
}

// SignInBodies returns the bodies of the sign-ins.
func (a *BearerAPI) SignInBodies() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.bodies[:len(a.bodies):len(a.bodies)]
}

// Bearers returns every Authorization header that a call carried.
func (a *BearerAPI) Bearers() map[string]struct{} {
	a.mu.Lock()
	defer a.mu.Unlock()
	return maps.Clone(a.bearers)
}

// Sent returns how often a call about id was sent.
func (a *BearerAPI) Sent(id string) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.sends[id]
}

// SentAtAll returns how many calls were sent, sign-ins left out.
func (a *BearerAPI) SentAtAll() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	total := 0
	for _, n := range a.sends {
		total += n
	}
	return total
}

// PaidRecord is a payment with id for both of its ids, so that it matches every call.
func PaidRecord(id string) string {
	return Envelope(fmt.Sprintf(`{"imp_uid":"%[1]s","merchant_uid":"%[1]s",`+
		`"pay_method":"card","channel":"api","amount":3000,"cancel_amount":0,"currency":"KRW","status":"paid",`+
		`"started_at":1603417956,"paid_at":1603417957,"failed_at":0,"cancelled_at":0,"fail_reason":null}`, id))
}

// AgainFor is a charge of 3,000 won for merchantUID.
func AgainFor(merchantUID string) iamport.AgainRequest {
	return iamport.AgainRequest{
		CustomerUID: "customer-1", MerchantUID: merchantUID, Amount: iamport.KRW(3000), Name: "구독",
	}
}

// BothKinds runs a test with a read and with a charge.
func BothKinds(t *testing.T, story func(t *testing.T, do func(t *testing.T, c *iamport.Client, id string) error)) {
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
			_, err := c.Again(t.Context(), AgainFor(id))
			return err
		})
	})
}
