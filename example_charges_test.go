package iamport_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/iamporttest"
)

// A charge by card number. With a CustomerUID the card is also stored.
func ExampleClient_Onetime() {
	srv := iamporttest.NewServer()
	client, err := iamport.NewClient(iamporttest.Key, iamporttest.Secret, iamport.WithHTTPClient(srv.Client()))
	if err != nil {
		fmt.Println(err)
		return
	}

	payment, err := client.Onetime(context.Background(), iamport.OnetimeRequest{
		MerchantUID: "order_1",
		Amount:      iamport.KRW(3000),
		Card:        iamport.Card{Number: "1234-1234-1234-1234", Expiry: "2030-12", Birth: "820213"},
		Name:        "Starter kit",
		BuyerName:   "Hong Gildong",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(payment.Status, payment.Amount, payment.CardNumber)
	// Output: paid 3000 1234-12**-****-1234
}

// A zero-rated sale: KRW(0) is an explicit zero. Without VATAmount the API calculates
// the VAT.
func ExampleClient_Onetime_vat() {
	srv := iamporttest.NewServer()
	client, err := iamport.NewClient(iamporttest.Key, iamporttest.Secret, iamport.WithHTTPClient(srv.Client()))
	if err != nil {
		fmt.Println(err)
		return
	}

	payment, err := client.Onetime(context.Background(), iamport.OnetimeRequest{
		MerchantUID: "order_1",
		Amount:      iamport.KRW(3000),
		TaxFree:     iamport.KRW(0),
		VATAmount:   iamport.KRW(0),
		Card:        iamport.Card{Number: "1234-1234-1234-1234", Expiry: "2030-12", Birth: "820213"},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	balance, err := client.GetBalance(context.Background(), payment.ImpUID)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("VAT", balance.Primary.VAT)
	// Output: VAT 0
}

func ExampleClient_Again() {
	srv := iamporttest.NewServer(iamporttest.WithCustomers("customer_1"))
	client, err := iamport.NewClient(iamporttest.Key, iamporttest.Secret, iamport.WithHTTPClient(srv.Client()))
	if err != nil {
		fmt.Println(err)
		return
	}

	payment, err := client.Again(context.Background(), iamport.AgainRequest{
		CustomerUID: "customer_1",
		MerchantUID: "order_2027_07",
		Amount:      iamport.KRW(9900),
		Name:        "July",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(payment.Status, payment.CustomerUIDUsage, payment.Name)
	// Output: paid payment July
}

// The answer is lost, before or after the charge. The client looks the order up.
func ExampleClient_Again_lostAnswer() {
	srv := iamporttest.NewServer(iamporttest.WithCustomers("customer_1"))
	client, err := iamport.NewClient(iamporttest.Key, iamporttest.Secret, iamport.WithHTTPClient(srv.Client()))
	if err != nil {
		fmt.Println(err)
		return
	}

	srv.Inject("POST /subscribe/payments/again", iamporttest.LoseAfter())

	payment, err := client.Again(context.Background(), iamport.AgainRequest{
		CustomerUID: "customer_1", MerchantUID: "order_1", Amount: iamport.KRW(9900), Name: "July",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(payment.Status, "and charged", srv.Charges("order_1"), "time")
	// Output: paid and charged 1 time
}

// What to do with each outcome of a charge.
func ExampleClient_Again_outcomes() {
	srv := iamporttest.NewServer(iamporttest.WithCustomers("customer_1"))
	client, err := iamport.NewClient(iamporttest.Key, iamporttest.Secret,
		iamport.WithHTTPClient(srv.Client()),
		iamport.WithSettleWindow(0), // so that a lost answer is not looked up at once
	)
	if err != nil {
		fmt.Println(err)
		return
	}

	srv.Inject("POST /subscribe/payments/again",
		iamporttest.LoseAfter(), iamporttest.Fault{}, iamporttest.Decline("[2116] over the monthly limit"))

	for _, order := range []string{"order_1", "order_1", "order_2", "order_3", ""} {
		_, err := client.Again(context.Background(), iamport.AgainRequest{
			MerchantUID: order, CustomerUID: "customer_1", Amount: iamport.KRW(9900), Name: "July",
		})
		if err == nil {
			fmt.Println("deliver", order)
			continue
		}
		if lost, ok := errors.AsType[*iamport.OutcomeUnknownError](err); ok {
			fmt.Println("keep open, ask later", lost.MerchantUID)
			continue
		}
		if already, ok := errors.AsType[*iamport.AlreadyPaidError](err); ok {
			fmt.Println("do not deliver twice", already.Payment.MerchantUID)
			continue
		}
		if decline, ok := errors.AsType[*iamport.DeclinedError](err); ok {
			fmt.Println("ask for another card", decline.Reason)
			continue
		}
		fmt.Println("not charged:", errors.Is(err, iamport.ErrNotCharged), err)
	}
	// Output:
	// keep open, ask later order_1
	// do not deliver twice order_1
	// ask for another card [2116] over the monthly limit
	// deliver order_3
	// not charged: true iamport: Again: MerchantUID is required
}

// Work that may run twice: a job that is restarted, or two workers with the same
// order.
func ExampleClient_EnsurePaid() {
	srv := iamporttest.NewServer(iamporttest.WithCustomers("customer_1"))
	client, err := iamport.NewClient(iamporttest.Key, iamporttest.Secret, iamport.WithHTTPClient(srv.Client()))
	if err != nil {
		fmt.Println(err)
		return
	}

	request := iamport.AgainRequest{
		CustomerUID: "customer_1", MerchantUID: "order_1", Amount: iamport.KRW(9900), Name: "July",
	}
	for range 3 {
		payment, err := client.EnsurePaid(context.Background(), request)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(payment.Status, payment.MerchantUID)
	}
	fmt.Println("charged", srv.Charges("order_1"), "time")
	// Output:
	// paid order_1
	// paid order_1
	// paid order_1
	// charged 1 time
}

// An order that was paid on other terms is an AlreadyPaidError.
func ExampleClient_EnsurePaid_differs() {
	srv := iamporttest.NewServer(iamporttest.WithCustomers("customer_1"))
	client, err := iamport.NewClient(iamporttest.Key, iamporttest.Secret, iamport.WithHTTPClient(srv.Client()))
	if err != nil {
		fmt.Println(err)
		return
	}

	request := iamport.AgainRequest{
		CustomerUID: "customer_1", MerchantUID: "order_1", Amount: iamport.KRW(9900), Name: "July",
	}
	if _, err := client.EnsurePaid(context.Background(), request); err != nil {
		fmt.Println(err)
		return
	}
	request.Amount = iamport.KRW(12000)
	_, err = client.EnsurePaid(context.Background(), request)
	already, ok := errors.AsType[*iamport.AlreadyPaidError](err)
	if !ok {
		fmt.Println("not the outcome expected:", err)
		return
	}
	fmt.Println("paid", already.Payment.Amount, "before; differs in", already.Differs)
	// Output: paid 9900 before; differs in [amount]
}

// The result of a charge whose outcome was unknown. Store the MerchantUID and Attempt
// of the error with the order.
func ExampleClient_Settle() {
	ctx := context.Background()
	srv := iamporttest.NewServer(iamporttest.WithCustomers("customer_1"))
	client, err := iamport.NewClient(iamporttest.Key, iamporttest.Secret,
		iamport.WithHTTPClient(srv.Client()),
		iamport.WithSettleWindow(0), // so that a lost answer is not looked up at once
	)
	if err != nil {
		fmt.Println(err)
		return
	}

	srv.Inject("POST /subscribe/payments/again", iamporttest.LoseAfter())

	_, err = client.Again(ctx, iamport.AgainRequest{
		CustomerUID: "customer_1", MerchantUID: "order_1", Amount: iamport.KRW(9900), Name: "July",
	})
	lost, ok := errors.AsType[*iamport.OutcomeUnknownError](err)
	if !ok {
		fmt.Println("the outcome is known:", err)
		return
	}

	payment, err := client.Settle(ctx, lost.MerchantUID, lost.Attempt)
	if lost, ok = errors.AsType[*iamport.OutcomeUnknownError](err); ok {
		fmt.Println("ask again later:", lost)
		return
	}
	if err != nil {
		fmt.Println("do not deliver:", err) // declined, paid by another attempt, or cancelled since
		return
	}
	fmt.Println(payment.Status, payment.MerchantUID)
	// Output: paid order_1
}

// A schedule that ran and was not paid is charged at once under its own order number.
func ExampleClient_RetrySchedule() {
	ctx := context.Background()
	srv := iamporttest.NewServer(iamporttest.WithCustomers("customer_1"))
	client, err := iamport.NewClient(iamporttest.Key, iamporttest.Secret, iamport.WithHTTPClient(srv.Client()))
	if err != nil {
		fmt.Println(err)
		return
	}

	_, err = client.Schedule(ctx, iamport.ScheduleRequest{
		CustomerUID: "customer_1",
		Schedules: []iamport.ScheduleItem{
			{MerchantUID: "order_1", ScheduleAt: time.Now().Add(time.Hour), Amount: iamport.KRW(9900), Name: "July"},
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	srv.DeclineCustomer("customer_1", "[2116] over the monthly limit")
	srv.SetClockOffset(2 * time.Hour)

	schedule, err := client.GetSchedule(ctx, "order_1")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(schedule.ScheduleStatus, schedule.PaymentStatus, schedule.Paid())

	srv.DeclineCustomer("customer_1", "") // the buyer has paid the bill of the card
	payment, err := client.RetrySchedule(ctx, "order_1")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(payment.Status, payment.MerchantUID, payment.CustomerUIDUsage)
	// Output:
	// executed failed false
	// paid order_1 payment.scheduled
}
