// Package iamport charges cards through the subscription API of iamport
// (PortOne V1): one-off payments by card number, billing keys, charges against a
// customer_uid, schedules and refunds.
//
// The sections of this page: a first charge, the outcomes of a charge, the errors of the
// other calls, whose payment it is, exactly once, what is sent twice, refunds, schedules,
// webhooks, look-ups, money, databases, limits, observability, secrets, testing.
//
// # A first charge
//
//	client, err := iamport.NewClient(key, secret) // the V1 REST API key and secret of the console
//	if err != nil {
//		return err
//	}
//	payment, err := client.Onetime(ctx, iamport.OnetimeRequest{
//		MerchantUID: "order_id_8237352", // your order number: a new one for each order
//		Amount:      iamport.KRW(3000),
//		Card:        iamport.Card{Number: number, Expiry: "2030-12", Birth: "820213"},
//	})
//	if declined, ok := errors.AsType[*iamport.DeclinedError](err); ok {
//		return askForAnotherCard(declined.Reason)
//	}
//	if err != nil {
//		return err // the next section says which errors mean that nothing was charged
//	}
//	deliver(payment.MerchantUID)
//
// [Client.RegisterCustomer] stores a card under a customer_uid, [Client.Again] charges it as
// often as the subscription runs, and [Client.EnsurePaid] does so at most once for each order.
//
// # Outcomes of a charge
//
// [Client.Onetime], [Client.Again] and [Client.RetrySchedule] charge a card. One call
// makes at most one charge and has one of four results:
//
//	nil error               the payment is paid, on the requested terms   deliver
//	ErrNotCharged           this call certainly moved no money            nothing to undo; try again, unless an earlier try is unknown
//	*AlreadyPaidError       another call paid the merchant_uid            do not deliver twice
//	*OutcomeUnknownError    it may or may not have been charged           call Settle later, or call EnsurePaid
//
// ErrNotCharged is matched with [errors.Is]. It covers invalid input
// ([*InvalidRequestError], nothing was sent), a failed sign-in, a connection that was
// never established, a refusal by the API ([*Error]) and a decline by the PG or card
// issuer ([*DeclinedError]). The API reports a decline in two forms: a payment with
// status failed, or a refusal with a message. Both are errors here. A refusal is
// final only after a look-up that shows nothing paid.
//
// A payment is compared with the request: the order and the amount always, the
// currency unless the record leaves it empty (a request without a Currency means
// KRW), the customer_uid if both have one. A paid payment that differs is looked up.
// The outcome is unknown if the look-up does not decide it.
//
// # Errors of the other calls
//
// Every other change (refund, billing key, schedule, [Client.Call] with a method
// other than GET) has two kinds of error. An [*OutcomeUnknownError] means that the
// answer was lost or cannot be read; its text names the call that finds out. Any
// other error means that nothing was changed. No method returns nil and a nil error.
//
//	error                              read                        change
//	*InvalidRequestError               correct the request         correct the request
//	ErrUnauthorized                    the key or secret is wrong  the same
//	ErrNotFound                        there is no such object     the same; nothing was changed
//	ErrRateLimited                     ask later: RetryAfter       the same; nothing was changed
//	*Error with Refused() true         the API's Message says why  the same; nothing was changed
//	any other *Error                   ask again                   nothing was changed: call again
//	*OutcomeUnknownError               never                       find out first: its text names the call
//
// # Whose payment it is
//
// Onetime and Again send a mark in brackets in the User-Agent header. The mark is
// random or given by [WithAttempt]. iamport has been seen to keep the header as
// user_agent of the record. A record with the mark of a call (the call's own mark)
// was made by that call. A record with another mark was made by another call. A
// record without a mark may be from any call. Clocks and times of records are never
// compared. If iamport does not keep the mark, more outcomes are unknown, but every
// result is still true.
//
// A charge whose answer is lost (a reset or timed-out connection, an answer that is
// truncated or unreadable, a 1xx, 3xx or 5xx, a payment that is neither paid nor
// failed) is looked up with growing waits until the settle window (10 s, see
// [WithSettleWindow]) or the context ends. The first row that matches the records is
// the result:
//
//	paid on other terms, with the own mark                          unknown
//	paid on the terms, with the own mark or without one             the payment
//	paid with another mark; cancelled                               *AlreadyPaidError
//	every record with the own mark failed, and nothing is paid      *DeclinedError
//	anything else                                                   unknown
//
// A charge that was refused is looked up once. A look-up that fails, or shows a
// record that may still be paid, is repeated for as long as a time-out. The payment
// with the own mark is the result. Any other payment is an AlreadyPaidError. If
// nothing is paid, the refusal is the result. Only a second HTTP 401 in a row is not
// looked up.
//
// [Client.Settle] makes the same look-up later. It needs only the order number and
// the mark, and returns the same result to every client of the account.
//
// A payment of Paymentwall can fail and be paid minutes later. A failure or refusal
// there decides nothing, so the outcome is unknown.
//
// # Exactly once
//
// [Client.EnsurePaid] may be called any number of times for one order, and charges it
// at most once. [Client.EnsureRefunded] does the same for a refund. They look the
// order up first, and send nothing for a quiet period ([WithQuietPeriod], 6 min 20 s)
// after an attempt whose outcome is not known. A [Journal] records the attempts. The
// default journal is in the memory of the client: one client charges an order at most
// once, and so do all clients that share a [NewMemoryJournal], until the process
// ends. Several processes, or a process that restarts after a crash, need one journal
// in a database ([WithJournal]).
//
// They cannot guarantee this in three cases: a PG that takes longer than the quiet
// period minus the time-out, from the sending of a charge until its record is
// visible; a charge that the API refuses with a message or 401 but still executes,
// and that is visible only after the look-up; a transport or proxy that repeats
// requests. Nothing else may charge the order: not Onetime, Again or RetrySchedule,
// and no schedule, so call [Client.Unschedule] first.
//
// # What is sent twice
//
//	                        no answer        API's own 401            429, 5xx, cut answer
//	any change              never            once, with a new token   never
//	look-ups (GET)          up to 4 tries    once, with a new token   up to 4 tries
//
// The API's own 401 is an envelope of a code, a message and a response of null. Every
// other 4xx that counts as a refusal has the same form. The API's own 401 means that
// the API checked the token and nothing else. Any other 401 may come from a gateway
// after the charge was made. net/http cannot repeat a change by itself, because the
// body of a change cannot be rewound. Repeated look-ups wait between tries, with full
// jitter and at least as long as Retry-After, 30 s at most. Redirects are never
// followed: they would send the card to another host.
//
// Cancelling the context does not undo a charge: the server continues to process a charge
// that was sent. A handler of a web site should charge with [context.WithoutCancel] and a
// deadline of at least three times the time-out plus the settle window, so that a closed
// browser does not make the outcome unknown.
//
// # Refunds
//
// [Client.CancelPayment] refunds a sum, or with Full all that remains, and
// [Client.EnsureRefunded] does so at most once, however often it is called. A partial refund
// sets the status of a payment to cancelled too: [Payment.Remaining] is what is left. A
// merchant_uid that was paid can never be charged again, not even after a refund.
//
// # Schedules
//
// [Client.Schedule] books charges for later, which iamport makes at their time and reports by
// webhook. A schedule that ran is not always paid: see [Schedule.Paid]. One that failed is
// charged again with [Client.RetrySchedule] or booked again with [Client.Reschedule].
//
// # Webhooks
//
// iamport sends webhooks without a signature, so an [Event] is a claim. [Client.WebhookHandler]
// looks its payment up, and calls your function with what the API says.
//
//	event                 what happened                            record that the API returns
//	paid                  a payment was approved, also by a        paid; cancelled if it was refunded since
//	                      schedule, or a virtual account was paid
//	ready, vbank_issued   a virtual account was issued             ready: nothing is paid; paid if it was paid since
//	cancelled             a payment was refunded, in full or in    cancelled: see [Payment.Remaining] and
//	                      part                                     CancelHistory
//	failed                a schedule ran, and the charge failed    failed: see FailReason; paid if it was tried again
//
// Nothing is sent for other failures, and nothing for a refund by API unless EnableWebhook of
// the [CancelRequest] is set.
//
// iamport sends some events twice, and again after an answer that is not 2xx. So do the work
// once, in a transaction that begins with a row whose primary key is the state of the payment
// (p.ImpUID, p.Status and p.CancelAmount):
//
//	INSERT INTO webhooks (imp_uid, status, cancelled) VALUES ($1, $2, COALESCE($3, 0)) ON CONFLICT DO NOTHING
//
// If that inserts nothing, the work is done already: return nil. Another process may handle an
// older record after a newer one, so lock the row of your order, and do not go back from
// cancelled to paid.
//
// # Look-ups
//
// "Not found" is only the API's own answer: a 404 with a code, a message and a
// response of null, or an empty list. A look-up of one object by its id then returns
// an error that matches [ErrNotFound]. A 404 of a gateway and a refusal with HTTP 200
// are other errors. Only [Client.GetCustomer] treats a refusal with HTTP 200 as "not
// found", because the API answers so there. A list that ends before its total, or has
// items that cannot be read, is an error.
//
// # Money
//
// [Amount] is exact decimal text in every step, in the major unit of the currency
// (won, dollars). Its zero value means "not set", so that no forgotten field moves
// money; KRW(0) is an explicit zero. Without a Currency an amount is in won and must
// be whole. It has no division, because that would have to round: divide what
// [Amount.Int64] returns, and decide about the rest.
//
// # Databases
//
// [Amount] and [Time] are columns: both have Value and Scan of database/sql. A decimal type or
// text keeps every Amount exactly.
//
// # Limits
//
// The API publishes no limit of its own. [WithPG] applies what a gateway publishes, such as 50
// charges a second for [PGDaou], and [PG.Limits] returns it. [WithRateLimit] and [WithLimiter]
// set another one. Look-ups are not held back. Lengths that are stated at a field are checked
// before anything is sent; an answer is read up to bounds that no real one reaches.
//
// # Observability
//
// [WithLogger] logs one line for each HTTP exchange, and [WithObserver] receives an [Exchange]
// for each, for metrics and traces. An Exchange holds no id, and only three lines of the log
// hold a merchant_uid.
//
// # Secrets
//
// A [Card], the key, the secret and the token are printed and encoded as
// placeholders. Errors hold no URL, header or body, only the API's own message. If
// the message quotes the card number, the other card fields, the key, the secret or
// the token, they are removed. [Card] lists the ways that Go does not allow a type to
// close.
//
// # Testing
//
// Package iamporttest is an iamport server inside the test. It keeps state and
// simulates faults.
package iamport
