package iamport_test

import (
	"context"
	"fmt"
	"time"

	"github.com/iamport-go/iamport"
)

// book schedules a charge of customer_1 for each order, a month apart.
func book(ctx context.Context, client *iamport.Client, orders ...string) {
	var items []iamport.ScheduleItem
	for i, order := range orders {
		items = append(items, iamport.ScheduleItem{
			MerchantUID: order, ScheduleAt: time.Now().AddDate(0, i+1, 0), Amount: iamport.KRW(9900), Name: "Monthly",
		})
	}
	_, err := client.Schedule(ctx, iamport.ScheduleRequest{CustomerUID: "customer_1", Schedules: items})
	if err != nil {
		panic(err)
	}
}

// Charges for the next two months. All of them are booked, or none.
func ExampleClient_Schedule() {
	client, _ := sandbox()
	next := time.Now().AddDate(0, 1, 0)
	schedules, err := client.Schedule(context.Background(), iamport.ScheduleRequest{
		CustomerUID: "customer_1",
		Schedules: []iamport.ScheduleItem{
			{MerchantUID: "order_1", ScheduleAt: next, Amount: iamport.KRW(9900), Name: "First month"},
			{MerchantUID: "order_2", ScheduleAt: next.AddDate(0, 1, 0), Amount: iamport.KRW(9900), Name: "Second month"},
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
	client, _ := sandbox()
	schedules, err := client.Schedule(context.Background(), iamport.ScheduleRequest{
		CustomerUID: "customer_2",
		Card:        iamport.Card{Number: "1234-1234-1234-1234", Expiry: "2030-12", Birth: "820213", Pwd2Digit: "00"},
		Schedules: []iamport.ScheduleItem{
			{MerchantUID: "order_1", ScheduleAt: time.Now().AddDate(0, 1, 0), Amount: iamport.KRW(9900), Name: "Monthly"},
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(schedules[0].CustomerUID, schedules[0].ScheduleStatus)
	// Output: customer_2 scheduled
}

// One order is revoked, then all remaining ones of the customer. All must be set
// explicitly: no zero value revokes everything.
func ExampleClient_Unschedule() {
	ctx := context.Background()
	client, _ := sandbox()
	book(ctx, client, "order_1", "order_2", "order_3")

	revoked, err := client.Unschedule(ctx, iamport.UnscheduleRequest{MerchantUIDs: []string{"order_2"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(revoked[0].MerchantUID, revoked[0].ScheduleStatus)

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
	client, _ := sandbox()
	book(ctx, client, "order_1")

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
	client, _ := sandbox()
	book(ctx, client, "order_1")

	later := time.Now().AddDate(0, 2, 0)
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
	client, _ := sandbox()
	book(ctx, client, "order_1")
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
	client, _ := sandbox()
	book(ctx, client, "order_1")

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
	client, _ := sandbox()
	book(ctx, client, "order_1", "order_2", "order_3", "order_4", "order_5", "order_6")

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
	client, _ := sandbox()
	book(ctx, client, "order_1", "order_2")

	now := time.Now()
	page, err := client.ListSchedules(ctx, iamport.ScheduleQuery{
		From: now, To: now.AddDate(0, 3, 0), Sorting: iamport.SortScheduledAsc, PageSize: 1,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(page.List[0].MerchantUID, "of", page.Total, "- next page:", page.Next)
	// Output: order_1 of 2 - next page: 2
}

// The schedules of the next year, of all customers.
func ExampleClient_Schedules() {
	ctx := context.Background()
	client, _ := sandbox()
	book(ctx, client, "order_1", "order_2", "order_3", "order_4")

	due := iamport.KRW(0)
	year := iamport.ScheduleQuery{From: time.Now(), To: time.Now().AddDate(1, 0, 0), Sorting: iamport.SortScheduledAsc, PageSize: 1000}
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
