package iamportriver

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/riverqueue/river"

	"github.com/iamport-go/iamport"
)

// Config is what [New] needs. Client, Database and OnResult are required.
//
// A hook gets a transaction, and its changes are committed together with the result and with
// the end of the job. It must not commit or roll back, and must not call the network: what it
// does there is repeated if the commit fails. An error or a panic of a hook rolls everything
// back, and the job runs again after at most five minutes, as often as it takes.
type Config[TTx any] struct {
	// Client charges the orders of every PG that PGs does not name, refunds, and looks webhooks
	// up. It must have the journal of the database ([Database.Journal] with
	// [iamport.WithJournal]): an order can be charged twice after a crash otherwise.
	Client *iamport.Client
	// Database is where the jobs and the orders are.
	Database Database[TTx]
	// Workers is how many charges this process makes at once, for each PG. Default: 100. At 50
	// charges a second and three seconds for a charge, 150 keep the PG busy.
	Workers int
	// PGs are the gateways that have a queue, a pause switch and a client of their own
	// ([iamport.WithPG], for its limit). The orders of a gateway name it in [ChargeArgs.PG].
	PGs map[iamport.PG]PG

	// OnResult is called once for each order that has an end.
	OnResult func(ctx context.Context, tx TTx, r Result) error
	// OnAlreadyPaid decides about an order that is paid on other terms, or was refunded: true
	// takes it as paid ([StatePaid]), false or no hook ends it as [StateAlreadyPaid].
	OnAlreadyPaid func(ctx context.Context, tx TTx, args ChargeArgs, paid *iamport.AlreadyPaidError) (bool, error)
	// OnRefund is called once for each refund that has an end.
	OnRefund func(ctx context.Context, tx TTx, r Refund) error
	// OnPayment is called once for each state of a payment that a webhook led to, with what the
	// API says. It is required for [Billing.WebhookHandler].
	OnPayment func(ctx context.Context, tx TTx, p *iamport.Payment) error

	// Dunning decides what happens after a decline. Default: no further try.
	Dunning Dunning

	// Due returns at most limit orders whose time has come, and marks in tx that they are
	// billed, such as by moving the end of the period that is paid for. Those that are billed
	// already are left out. One that is wrong, as [Billing.Insert] would say, is logged and not
	// billed, although it is marked: insert the right one. Due is called again until it returns
	// fewer than limit, by one process at a time. now is in Location.
	Due func(ctx context.Context, tx TTx, now time.Time, limit int) ([]ChargeArgs, error)
	// DueEvery is how often Due is called. Default: 1 minute.
	DueEvery time.Duration
	// DueLimit is how many orders Due returns at most. Default: 1,000.
	DueLimit int
	// Location is the time zone of the now of Due. Default: Asia/Seoul.
	Location *time.Location
	// Now is the clock of Due. Default: time.Now.
	Now func() time.Time

	// Circuit is the number of unknown outcomes in a row, in one process, after which the queue
	// of the PG is paused for CircuitRest, in all processes. An order that waits, for an earlier
	// attempt or for a record that is neither paid nor failed, does not count again. Default: 20;
	// -1 turns it off.
	Circuit int
	// CircuitRest is how long the queue is paused. Default: 1 minute.
	CircuitRest time.Duration
	// OnCircuit is called after the queue was paused: alarm a person.
	OnCircuit func(ctx context.Context, queue string, reason error)

	// RetryWait is the first wait after an unknown outcome that no attempt holds, and after an
	// error of the database; it doubles up to 5 minutes. Default: 10 seconds.
	RetryWait time.Duration
	// JobTimeout ends a job that does not return. It must be longer than an attempt of the client
	// (three time-outs and the settle window) and the wait for the PG's limit. Default: 10
	// minutes. A job of a process that crashed runs again after one and a half of it.
	JobTimeout time.Duration
	// Logger gets what a person should know. It never gets a card, a name or an address.
	// Default: slog.Default().
	Logger *slog.Logger
}

// PG is one gateway of [Config.PGs].
type PG struct {
	// Client charges its orders. It must have the journal of the database, as that of the Config.
	// Default: the Client of the Config.
	Client *iamport.Client
	// Workers is how many charges this process makes at once. Default: that of the Config.
	Workers int
}

// Billing works the jobs of a shop. It is safe for concurrent use.
type Billing[TTx any] struct {
	Config[TTx]
	circuits map[string]*circuit // by queue
	queries  queries
	// finishTimeout bounds the transaction that ends an order. It is the time of a hook.
	finishTimeout time.Duration
}

const maxRetryWait = 5 * time.Minute

// New returns the billing of a shop. It connects to nothing.
func New[TTx any](config Config[TTx]) (*Billing[TTx], error) {
	var problems []string
	if config.Client == nil {
		problems = append(problems, "Client is required")
	}
	if config.Database.begin == nil {
		problems = append(problems, "Database is required: Pgx or SQLite")
	}
	if config.OnResult == nil {
		problems = append(problems, "OnResult is required")
	}
	setDefault(&config.Workers, 100, "Workers", &problems)
	setDefault(&config.DueEvery, time.Minute, "DueEvery", &problems)
	setDefault(&config.DueLimit, 1000, "DueLimit", &problems)
	setDefault(&config.CircuitRest, time.Minute, "CircuitRest", &problems)
	setDefault(&config.RetryWait, 10*time.Second, "RetryWait", &problems)
	setDefault(&config.JobTimeout, 10*time.Minute, "JobTimeout", &problems)
	if config.Circuit == 0 {
		config.Circuit = 20
	}
	if config.DueLimit > maxDueLimit {
		problems = append(problems, fmt.Sprintf("DueLimit must be at most %d", maxDueLimit))
	}
	if config.Location == nil {
		seoul, err := time.LoadLocation("Asia/Seoul")
		if err != nil {
			problems = append(problems, "Location is required, because this machine has no time zone Asia/Seoul: install tzdata or import time/tzdata")
		}
		config.Location = seoul
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	if config.Logger == nil {
		config.Logger = slog.Default()
	}
	if config.Dunning == nil {
		config.Dunning = DunningWaits()
	}
	b := &Billing[TTx]{
		Config: config, circuits: map[string]*circuit{queueOf(""): {}},
		queries: queriesOf(config.Database.rows, config.Database.clock), finishTimeout: 30 * time.Second,
	}
	b.PGs = maps.Clone(config.PGs)
	for name, pg := range b.PGs {
		if name == "" || strings.Trim(string(name), "abcdefghijklmnopqrstuvwxyz0123456789_") != "" {
			problems = append(problems, fmt.Sprintf("PGs: %q must be the name of a PG", name))
		}
		if pg.Client == nil {
			pg.Client = config.Client
		}
		setDefault(&pg.Workers, config.Workers, "PGs: Workers", &problems)
		b.PGs[name] = pg
		b.circuits[queueOf(name)] = &circuit{}
	}
	if len(problems) > 0 {
		return nil, errors.New("iamportriver: New: " + strings.Join(problems, "; "))
	}
	return b, nil
}

// setDefault sets a value of 0, and refuses a negative one.
func setDefault[T int | time.Duration](value *T, standard T, name string, problems *[]string) {
	switch {
	case *value < 0:
		*problems = append(*problems, name+" must be more than 0")
	case *value == 0:
		*value = standard
	}
}

// Configure adds the workers, the queues and the periodic jobs to the configuration of a
// [river.Client], which works them together with those that are there already:
//
//	config := &river.Config{}
//	err := billing.Configure(config)
//	client, err := river.NewClient(riverpgxv5.New(pool), config)
//	err = client.Start(ctx)
//
// It sets JobTimeout and RescueStuckJobsAfter where they are 0. All processes that work the jobs of
// a shop need the same hooks: any of them may find what is due or end an order.
func (b *Billing[TTx]) Configure(config *river.Config) error {
	if config.Workers == nil {
		config.Workers = river.NewWorkers()
	}
	err := errors.Join(
		river.AddWorkerSafely(config.Workers, &ChargeWorker[TTx]{worker[TTx, ChargeArgs]{billing: b}}),
		river.AddWorkerSafely(config.Workers, &refundWorker[TTx]{worker[TTx, RefundArgs]{billing: b}}),
		river.AddWorkerSafely(config.Workers, &webhookWorker[TTx]{worker[TTx, webhookArgs]{billing: b}}),
		river.AddWorkerSafely(config.Workers, &dueWorker[TTx]{worker[TTx, dueArgs]{billing: b}}),
		river.AddWorkerSafely(config.Workers, &resumeWorker[TTx]{worker[TTx, resumeArgs]{billing: b}}),
		river.AddWorkerSafely(config.Workers, &pruneWorker[TTx]{worker[TTx, pruneArgs]{billing: b}}),
	)
	queues := map[string]river.QueueConfig{
		queueOf(""): {MaxWorkers: b.Workers}, queueRefunds: {MaxWorkers: 10}, queueUpkeep: {MaxWorkers: 4},
	}
	if b.OnPayment != nil { // otherwise the events wait for a process that has it
		queues[queueWebhooks] = river.QueueConfig{MaxWorkers: 10}
	}
	for name, pg := range b.PGs {
		queues[queueOf(name)] = river.QueueConfig{MaxWorkers: pg.Workers}
	}
	if config.Queues == nil {
		config.Queues = make(map[string]river.QueueConfig)
	}
	for _, name := range slices.Sorted(maps.Keys(queues)) {
		if _, taken := config.Queues[name]; taken {
			err = errors.Join(err, fmt.Errorf("the queue %q is there already", name))
		}
		config.Queues[name] = queues[name]
	}
	config.PeriodicJobs = append(config.PeriodicJobs, b.periodic()...)
	if config.JobTimeout == 0 {
		config.JobTimeout = b.JobTimeout
	}
	if config.RescueStuckJobsAfter == 0 {
		config.RescueStuckJobsAfter = b.JobTimeout * 3 / 2
	}
	if err != nil {
		return fmt.Errorf("iamportriver: Configure: %w", err)
	}
	return nil
}

// clientOf returns the client that charges the orders of pg.
func (b *Billing[TTx]) clientOf(pg iamport.PG) *iamport.Client {
	if own, ok := b.PGs[pg]; ok {
		return own.Client
	}
	return b.Client
}
