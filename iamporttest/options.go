package iamporttest

import "time"

// Option is an option of NewServer.
type Option func(*Server)

// settings are the values of the options.
type settings struct {
	tokenLife     time.Duration
	shape         ListShape
	testChannel   bool
	noLog         bool
	pgTime        time.Duration
	late          time.Duration
	stale         time.Duration
	recordOffset  time.Duration
	duplicates    Duplicates
	agentLimit    int // below 0: none
	provider      string
	noProvider    bool
	staleChecksum bool
	customers     []string
	optionalToken bool
	clock         func() time.Time // nil: the clock of the computer
}

// ListShape is the form of the schedule lists: the API's schema and its old clients use different forms.
type ListShape int

const (
	// PagedList answers {total, previous, next, list}, as the official clients read it.
	PagedList ListShape = iota
	// ArrayList answers the bare array of the schema. It does not show whether another page follows.
	ArrayList
)

// WithClockOffset sets the server's clock to time.Now() plus d; d may be negative. All times of the server are by this
// clock, the Date header too; for payment records see [WithRecordClock]. The client keeps the
// clock of the computer, so set From and To of an iamport.PaymentQuery. [Server.Now] can be the clock of the program that
// is tested.
func WithClockOffset(d time.Duration) Option {
	return func(s *Server) { s.SetClockOffset(d) }
}

// WithCustomers makes the server start with a card stored under each customer_uid, as if it had been registered when the
// server was made. The card is 1234-1234-1234-1234, which is approved.
func WithCustomers(customerUIDs ...string) Option {
	return func(s *Server) { s.customers = append(s.customers, customerUIDs...) }
}

// WithTokenLife sets how long a new token is valid; the default is 30 minutes, in whole seconds. With zero or less, a
// new token has an expiry time in the past but is still accepted. If a client signs in when less than a minute is left,
// the token is extended by five minutes, so a token with a life below a minute expires only if no client signs in.
func WithTokenLife(d time.Duration) Option {
	return func(s *Server) { s.tokenLife = d }
}

// WithListShape sets the form of the three schedule lists; the default is [PagedList].
func WithListShape(shape ListShape) Option {
	return func(s *Server) { s.shape = shape }
}

// WithTestChannel makes the shop's channel a test channel: payments and billing keys carry sandbox:true, and GET
// /payments/{imp_uid} answers 404 unless the query says include_sandbox=true. Other look-ups do not change.
func WithTestChannel() Option {
	return func(s *Server) { s.testChannel = true }
}

// WithPGTime makes the PG take d to decide a charge (onetime, again, retry) or a refund. The request is answered after
// that. If the client disconnects meanwhile, the request is still decided, d after its arrival by the server's clock.
// Schedules that run and a checking_amount are decided at once. The default is 0.
func WithPGTime(d time.Duration) Option {
	return func(s *Server) { s.pgTime = d }
}

// WithLateRecords makes look-ups of payments show the record of a charge only d after the charge was decided. The
// answer of the charge and the schedule that made it show it at once. A refund also finds it at once. The default is 0.
func WithLateRecords(d time.Duration) Option {
	return func(s *Server) { s.late = d }
}

// WithStaleLookups makes look-ups of payments (every GET under /payments but prepare, and the payments of a customer)
// show the state of d ago, as a read replica does. It adds to [WithLateRecords]. The default is 0.
func WithStaleLookups(d time.Duration) Option {
	return func(s *Server) { s.stale = d }
}

// WithDuplicates sets how a charge is treated whose merchant_uid was charged before; the default is [RefuseBooked].
// With another value an order may have several approvals, and a refund by merchant_uid refunds the newest one.
func WithDuplicates(check Duplicates) Option {
	return func(s *Server) { s.duplicates = check }
}

// WithUserAgentLimit makes payment records keep at most the first n bytes of the User-Agent; 0 makes them show null.
// Without this option they keep all of it.
func WithUserAgentLimit(n int) Option {
	return func(s *Server) { s.agentLimit = max(0, n) }
}

// WithRecordClock sets the clock that dates payment records (started_at, paid_at, failed_at, cancelled_at and the search
// for them) to the server's clock plus offset, which may be negative. The Date header and tokens keep the server's clock.
func WithRecordClock(offset time.Duration) Option {
	return func(s *Server) { s.recordOffset = offset }
}

// WithPGProvider sets the pg_provider of new payments and billing keys, such as "paymentwall"; the default is "daou".
func WithPGProvider(name string) Option {
	return func(s *Server) { s.provider = name }
}

// WithoutPGProvider makes new payments and billing keys have no pg_provider.
func WithoutPGProvider() Option {
	return func(s *Server) { s.noProvider = true }
}

// WithStaleChecksum makes the server compare the checksum of a refund only when the refund arrives, not again when the
// PG executes it. With PG time, two refunds that arrive together with one checksum are then both executed, unless the
// rest of the payment is less than the second refund.
func WithStaleChecksum() Option {
	return func(s *Server) { s.staleChecksum = true }
}

// WithoutRequestLog makes the server keep no requests, so that a long run does not fill the memory. [Server.Requests]
// then returns nil.
func WithoutRequestLog() Option {
	return func(s *Server) { s.noLog = true }
}

// WithClock makes the server's clock now() plus the clock offset, in place of time.Now(). now is called by several
// goroutines at once and must not go back. What is due runs with the next request or [Server.Sync]. A wait, such as for [WithPGTime] or [Delay], is by the clock of the computer.
func WithClock(now func() time.Time) Option {
	return func(s *Server) { s.clock = now }
}

// WithOptionalToken makes the server accept requests without a token, as the examples of iamport's guides are written.
// A request with a token that is not valid is still answered 401.
func WithOptionalToken() Option {
	return func(s *Server) { s.optionalToken = true }
}
