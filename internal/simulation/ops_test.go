package simulation

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/iamporttest"
)

// subject is the order or payment of the call, for the history.
func (c *call) subject() string {
	switch {
	case c.plan != nil:
		return fmt.Sprintf("%d of %d (full: %t)", c.plan.amount, c.plan.checksum, c.plan.full)
	case c.attempt != "":
		return fmt.Sprintf("%d, attempt %s", c.amount, c.attempt)
	}
	return fmt.Sprintf("%d", c.amount)
}

// make calls the client.
func (c *call) make(ctx context.Context) (*iamport.Payment, error) {
	client, o := c.in.client, c.order
	again := iamport.AgainRequest{
		CustomerUID: customer, MerchantUID: o.uid, Amount: iamport.KRW(c.amount), Name: "simulation",
	}
	onetime := iamport.OnetimeRequest{MerchantUID: o.uid, Amount: iamport.KRW(c.amount), Card: card, Name: "simulation"}
	if c.attempt != "" {
		ctx = iamport.WithAttempt(ctx, c.attempt)
	}
	switch c.op {
	case opAgain:
		return client.Again(ctx, again)
	case opOnetime:
		return client.Onetime(ctx, onetime)
	case opRetrySchedule:
		return client.RetrySchedule(ctx, o.uid)
	case opEnsureAgain:
		return client.EnsurePaid(ctx, again)
	case opEnsureOnetime:
		return client.EnsurePaid(ctx, onetime)
	case opSettle:
		return client.Settle(ctx, o.uid, c.attempt)
	case opRefund:
		return client.EnsureRefunded(ctx, c.refund(true))
	case opCancel:
		return client.CancelPayment(ctx, c.refund(false))
	case opForeign:
		return nil, c.chargeByItself(ctx)
	}
	return nil, errors.New("no such call")
}

// refund is the request of a refund.
func (c *call) refund(checked bool) iamport.CancelRequest {
	r := iamport.CancelRequest{ImpUID: c.order.impUID, Full: c.plan.full, Reason: "simulation"}
	if !r.Full {
		r.Amount = iamport.KRW(c.plan.amount)
	}
	if checked {
		r.Checksum = iamport.KRW(c.plan.checksum)
	}
	if r.ImpUID == "" {
		r.MerchantUID = c.order.uid
	}
	return r
}

// chargeByItself charges like a program without this package, whose User-Agent may
// look similar to a mark.
func (c *call) chargeByItself(ctx context.Context) error {
	token, err := c.signIn(ctx)
	if err != nil {
		return err
	}
	d := c.roll(forMoney)
	quoted := c.order.quoted()
	userAgent := pick(d, "shop/1.0", "shop/1.0 ("+quoted+")", "shop/1.0 iamport-go/"+iamport.Version+" ("+quoted+")",
		"iamport-go/"+iamport.Version+" (foreign-"+fmt.Sprintf("%d-%d", c.worker, c.number)+")", "iamport-go/"+iamport.Version)
	body := fmt.Sprintf(`{"customer_uid":%q,"merchant_uid":%q,"amount":%d}`, customer, c.order.uid, c.amount)
	_, err = c.post(ctx, "/subscribe/payments/again", body, http.Header{"Authorization": {token}, "User-Agent": {userAgent}})
	return err
}

func (c *call) signIn(ctx context.Context) (string, error) {
	body := fmt.Sprintf(`{"imp_key":%q,"imp_secret":%q}`, iamporttest.Key, iamporttest.Secret)
	text, err := c.post(ctx, "/users/getToken", body, http.Header{})
	var answer struct {
		Response struct {
			Token string `json:"access_token"`
		}
	}
	if err != nil {
		return "", err
	}
	err = json.Unmarshal(text, &answer)
	return answer.Response.Token, err
}

func (c *call) post(ctx context.Context, path, body string, header http.Header) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, iamport.DefaultBaseURL+path, bytes.NewBufferString(body))
	if err != nil {
		return nil, err
	}
	r.Header = header
	r.Header.Set("Content-Type", "application/json")
	resp, err := c.in.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	return io.ReadAll(resp.Body)
}
