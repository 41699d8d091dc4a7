package faulttest_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/iamport-go/iamport"
)

// work is one worker: order after order, each in one of the ways of a merchant.
func (s *soak) work(ctx context.Context, worker int, random *rand.Rand) {
	for n := 0; ctx.Err() == nil; n++ {
		id := fmt.Sprintf("order_%d_%d", worker, n)
		c := s.clients[random.IntN(len(s.clients))]
		switch random.IntN(6) {
		case 0:
			s.charge(ctx, c, "Onetime", id, 1)
		case 1:
			s.charge(ctx, c, "Again", id, 1)
		case 2:
			// Until it is paid or a limit of tries is reached: declined orders are tried
			// again, unknown ones are looked up first.
			for try := 1; try <= 4 && s.charge(ctx, c, "Again", id, try)&(paid|alreadyPaid) == 0; try++ {
			}
		case 3:
			s.ensure(ctx, c, id, 1, random)
		case 4:
			var both sync.WaitGroup
			for i := range 2 {
				own := rand.New(rand.NewPCG(random.Uint64(), 0))
				both.Go(func() { s.ensure(ctx, s.clients[(worker+i)%len(s.clients)], id, 1000*i+1, own) })
			}
			both.Wait()
		default:
			s.read(ctx, c, random)
		}
	}
}

// charge makes one attempt. When the time is up, running calls still run to their
// end; the time-outs test interrupted calls.
func (s *soak) charge(ctx context.Context, c *iamport.Client, call, id string, try int) outcome {
	ctx = context.WithoutCancel(ctx)
	a := &attempt{call: call, name: fmt.Sprintf("%s_%d", call, try)}
	amount := again.amount
	var p *iamport.Payment
	switch call {
	case "Onetime":
		p, a.err = c.Onetime(ctx, iamport.OnetimeRequest{MerchantUID: id, Amount: amount, Card: testCard, Name: a.name})
	case "Again":
		p, a.err = c.Again(ctx, iamport.AgainRequest{MerchantUID: id, Amount: amount, CustomerUID: customer, Name: a.name})
	default:
		p, a.err = c.EnsurePaid(ctx, iamport.AgainRequest{MerchantUID: id, Amount: amount, CustomerUID: customer, Name: a.name})
	}
	a.outcome = said(id, amount, p, a.err)
	if lost, ok := errors.AsType[*iamport.OutcomeUnknownError](a.err); ok && call != "EnsurePaid" {
		p, err := c.Settle(ctx, id, lost.Attempt)
		if a.settled, err = settledAs(id, amount, p, err); err != nil {
			a.outcome, a.err = contradictory, err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.attempts[id] = append(s.attempts[id], a)
	if a.settled == paid {
		return paid
	}
	return a.outcome
}

// ensure calls EnsurePaid until it settles or the time is up.
func (s *soak) ensure(ctx context.Context, c *iamport.Client, id string, try int, random *rand.Rand) {
	for ; ctx.Err() == nil; try++ {
		switch s.charge(ctx, c, "EnsurePaid", id, try) {
		case paid:
			s.mu.Lock()
			defer s.mu.Unlock()
			s.ensured[id] = true
			return
		case alreadyPaid, contradictory:
			return
		case notCharged, unknown: // it may be held, and a look-up is safe
			wait(ctx, time.Duration(10+random.IntN(90))*time.Millisecond)
		}
	}
}

// read makes calls that charge nothing.
func (s *soak) read(ctx context.Context, c *iamport.Client, random *rand.Rand) {
	s.mu.Lock()
	s.reads++
	s.mu.Unlock()
	id := fmt.Sprintf("order_%d_%d", random.IntN(soakWorkers), random.IntN(20))
	switch random.IntN(4) {
	case 0:
		_, _ = c.GetCustomer(ctx, customer)
	case 1:
		_, _ = c.FindPayment(ctx, id, iamport.FindPaymentQuery{})
	case 2:
		_, _ = c.ListCustomerPayments(ctx, customer, 1)
	default:
		_, _, _ = c.GetPayments(ctx, iamport.GetPaymentsRequest{MerchantUIDs: []string{id}})
	}
}
