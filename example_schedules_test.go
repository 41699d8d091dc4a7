package iamport_test

import (
	"context"
	"fmt"
	"time"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/iamporttest"
)

// Two charges, 30 days apart. All of them are booked, or none. For the same day of each
// month see Example (Renewals).
func ExampleClient_Schedule() {
	srv := iamporttest.NewServer(iamporttest.WithCustomers("customer_1"))
	client, err := iamport.NewClient(iamporttest.Key, iamporttest.Secret, iamport.WithHTTPClient(srv.Client()))
	if err != nil {
		fmt.Println(err)
		return
	}

	next := time.Now().AddDate(0, 0, 30)
	schedules, err := client.Schedule(context.Background(), iamport.ScheduleRequest{
		CustomerUID: "customer_1",
		Schedules: []iamport.ScheduleItem{
			{MerchantUID: "order_1", ScheduleAt: next, Amount: iamport.KRW(9900), Name: "First period"},
			{MerchantUID: "order_2", ScheduleAt: next.AddDate(0, 0, 30), Amount: iamport.KRW(9900), Name: "Second period"},
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, schedule := range schedules {
		fmt.Println(schedule.MerchantUID, schedule.ScheduleStatus, schedule.Amount, schedule.Currency)
	}
	// Output:
	// order_1 scheduled 9900 KRW
	// order_2 scheduled 9900 KRW
}

// A card that is not stored yet is stored first.
func ExampleClient_Schedule_card() {
	srv := iamporttest.NewServer()
	client, err := iamport.NewClient(iamporttest.Key, iamporttest.Secret, iamport.WithHTTPClient(srv.Client()))
	if err != nil {
		fmt.Println(err)
		return
	}

	schedules, err := client.Schedule(context.Background(), iamport.ScheduleRequest{
		CustomerUID: "customer_2",
		Card:        iamport.Card{Number: "1234-1234-1234-1234", Expiry: "2030-12", Birth: "820213", Pwd2Digit: "00"},
		Schedules: []iamport.ScheduleItem{
			{MerchantUID: "order_1", ScheduleAt: time.Now().AddDate(0, 0, 30), Amount: iamport.KRW(9900), Name: "Monthly"},
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, schedule := range schedules {
		fmt.Println(schedule.CustomerUID, schedule.ScheduleStatus)
	}
	// Output: customer_2 scheduled
}

// One order is revoked, then all remaining ones of the customer. All must be set
// explicitly: no zero value revokes everything.
func ExampleClient_Unschedule() {
	ctx := context.Background()
	client, err := booked(ctx, "order_1", "order_2", "order_3")
	if err != nil {
		fmt.Println(err)
		return
	}

	revoked, err := client.Unschedule(ctx, iamport.UnscheduleRequest{MerchantUIDs: []string{"order_2"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, schedule := range revoked {
		fmt.Println(schedule.MerchantUID, schedule.ScheduleStatus)
	}

	revoked, err = client.Unschedule(ctx, iamport.UnscheduleRequest{CustomerUID: "customer_1", All: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(len(revoked), "more")
	// Output:
	// order_2 revoked
	// 2 more
}

// Executed does not mean paid: Paid checks the payment.
func ExampleClient_GetSchedule() {
	ctx := context.Background()
	client, err := booked(ctx, "order_1")
	if err != nil {
		fmt.Println(err)
		return
	}

	schedule, err := client.GetSchedule(ctx, "order_1")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(schedule.ScheduleStatus, schedule.Paid())
	// Output: scheduled false
}

func ExampleClient_UpdateSchedule() {
	ctx := context.Background()
	client, err := booked(ctx, "order_1")
	if err != nil {
		fmt.Println(err)
		return
	}

	later := time.Now().AddDate(0, 0, 60)
	schedule, err := client.UpdateSchedule(ctx, "order_1", later)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(schedule.ScheduleStatus, schedule.ScheduleAt.Equal(later.Truncate(time.Second)))
	// Output: scheduled true
}

// A failed or revoked schedule is booked again.
func ExampleClient_Reschedule() {
	ctx := context.Background()
	client, err := booked(ctx, "order_1")
	if err != nil {
		fmt.Println(err)
		return
	}

	if _, err := client.Unschedule(ctx, iamport.UnscheduleRequest{MerchantUIDs: []string{"order_1"}}); err != nil {
		fmt.Println(err)
		return
	}

	schedule, err := client.Reschedule(ctx, "order_1", time.Now().Add(24*time.Hour))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(schedule.MerchantUID, schedule.ScheduleStatus)
	// Output: order_1 scheduled
}

func ExampleClient_ListCustomerSchedules() {
	ctx := context.Background()
	client, err := booked(ctx, "order_1")
	if err != nil {
		fmt.Println(err)
		return
	}

	page, err := client.ListCustomerSchedules(ctx, "customer_1", iamport.CustomerScheduleQuery{
		From: time.Now(), To: time.Now().AddDate(0, 2, 0), Status: iamport.ScheduleScheduled,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, schedule := range page.List {
		fmt.Println(schedule.MerchantUID, schedule.ScheduleStatus)
	}
	// Output: order_1 scheduled
}

// A year of schedules, the latest first. One API call covers at most three months;
// the iterator accepts any period.
func ExampleClient_CustomerSchedules() {
	ctx := context.Background()
	client, err := booked(ctx, "order_1", "order_2", "order_3", "order_4", "order_5", "order_6")
	if err != nil {
		fmt.Println(err)
		return
	}

	year := iamport.CustomerScheduleQuery{From: time.Now(), To: time.Now().AddDate(1, 0, 0)}
	for schedule, err := range client.CustomerSchedules(ctx, "customer_1", year) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(schedule.MerchantUID)
	}
	// Output:
	// order_6
	// order_5
	// order_4
	// order_3
	// order_2
	// order_1
}

func ExampleClient_ListSchedules() {
	ctx := context.Background()
	client, err := booked(ctx, "order_1", "order_2")
	if err != nil {
		fmt.Println(err)
		return
	}

	now := time.Now()
	page, err := client.ListSchedules(ctx, iamport.ScheduleQuery{
		From: now, To: now.AddDate(0, 3, 0), Sorting: iamport.SortScheduledAsc, PageSize: 1,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, schedule := range page.List {
		fmt.Println(schedule.MerchantUID, schedule.ScheduleStatus)
	}
	fmt.Println(len(page.List), "of", page.Total, "and the next page is", page.Next)
	// Output:
	// order_1 scheduled
	// 1 of 2 and the next page is 2
}

// What will be charged in the next year, of all customers. Revoked and executed schedules
// have sums too, and must not be added.
func ExampleClient_Schedules() {
	ctx := context.Background()
	client, err := booked(ctx, "order_1", "order_2", "order_3", "order_4")
	if err != nil {
		fmt.Println(err)
		return
	}

	due := iamport.KRW(0)
	year := iamport.ScheduleQuery{
		From: time.Now(), To: time.Now().AddDate(1, 0, 0), Status: iamport.ScheduleScheduled, PageSize: 1000,
	}
	for schedule, err := range client.Schedules(ctx, year) {
		if err != nil {
			fmt.Println(err)
			return
		}
		if due, err = due.Add(schedule.Amount); err != nil {
			fmt.Println(err)
			return
		}
	}
	fmt.Println(due, "won")
	// Output: 39600 won
}

// booked returns a client of a test server where a charge of customer_1 is scheduled for
// each order, 30 days apart.
func booked(ctx context.Context, orders ...string) (*iamport.Client, error) {
	srv := iamporttest.NewServer(iamporttest.WithCustomers("customer_1"))
	client, err := iamport.NewClient(iamporttest.Key, iamporttest.Secret, iamport.WithHTTPClient(srv.Client()))
	if err != nil {
		return nil, err
	}
	at := time.Now()
	var items []iamport.ScheduleItem
	for _, order := range orders {
		at = at.AddDate(0, 0, 30)
		items = append(items, iamport.ScheduleItem{MerchantUID: order, ScheduleAt: at, Amount: iamport.KRW(9900), Name: "Monthly"})
	}
	_, err = client.Schedule(ctx, iamport.ScheduleRequest{CustomerUID: "customer_1", Schedules: items})
	return client, err
}
