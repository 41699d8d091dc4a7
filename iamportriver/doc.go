// Package iamportriver bills subscribers with the jobs of River (github.com/riverqueue/river),
// in PostgreSQL or in SQLite, so that many workers charge each order exactly once, also when
// processes are killed and databases are restarted:
//
//	pool, err := pgxpool.New(ctx, "postgres://...")
//	db := iamportriver.Pgx(pool)
//	err = db.Migrate(ctx)
//	client, err := iamport.NewClient(key, secret, iamport.WithJournal(db.Journal()), iamport.WithPG(iamport.PGDaou))
//	billing, err := iamportriver.New(iamportriver.Config[pgx.Tx]{
//		Client:   client,
//		Database: db,
//		Dunning:  iamportriver.DunningWaits(24*time.Hour, 48*time.Hour, 96*time.Hour),
//		Due:      due,      // finds what is due, and marks it as billed, in one transaction
//		OnResult: onResult, // writes the ledger, in the transaction that ends the job
//	})
//	config := &river.Config{}
//	err = billing.Configure(config)
//	jobs, err := river.NewClient(riverpgxv5.New(pool), config)
//	err = jobs.Start(ctx)
//
// A process that only inserts orders calls [Billing.Insert] in its own transaction, with a
// river.Client that is not started.
//
// # What is exactly once
//
//   - An order (merchant_uid) is charged at most once: [iamport.Client.EnsurePaid] looks before it
//     sends, and the journal of the database holds the order while an outcome is not known.
//   - An order has one job and one end: iamport_orders has one row for each, which stays, and an
//     order with an end is never charged again, also after River has removed the job.
//   - A period is billed once: (period, try) is unique, a try is stored only after the one before
//     was declined or invalid, and Dunning's is made in the transaction that ends that one.
//   - OnResult takes effect once for each order: its changes, the end of the order, the next try
//     and the end of the job are one transaction.
//
// What is not: the cases that the package comment of iamport lists under "Exactly once", such as
// a PG that needs longer than the quiet period until its record is visible. A card whose charge
// was declined right before the database was lost, or before the process was killed, is tried
// once more. A hook
// that does something outside its transaction does it again if the commit fails.
//
// # How jobs end
//
// [ChargeWorker] lists it. An unknown outcome is never an end: the job is snoozed until the order
// may be charged again, as often as it takes, and unknown_since of its row tells since when. A
// job that a killed process was running runs again after one and a half [Config.JobTimeout] and up
// to a minute more, in which River notices it. A job that a person cancels on River's page leaves
// its order without an end: retry it there. One that was deleted, or that River has removed after
// the cancellation, comes back with [Billing.Insert].
//
// # Limits, pauses
//
// Each PG of [Config.PGs] has a queue of its own, so that one that is down does not hold the
// others back. [Billing.Pause] stops one in all processes; River's page shows it too. After
// [Config.Circuit] unknown outcomes in a row the queue rests for [Config.CircuitRest].
//
// The limit of a PG belongs to all processes together. Package redislimit keeps it in Redis.
// Without Redis give each of n processes its share: [iamport.WithRateLimit](50.0/n, 1).
// First charges ([ChargeArgs.First]) are fetched before renewals; they wait for the renewals
// that have been fetched, which are at most [Config.Workers] in each process.
//
// A database is that of one shop. To keep the tables out of the way of others use search_path of
// PostgreSQL, not Schema of river.Config.
//
// docs/durable-billing.md of the repository describes the tables, sizes, and what was measured.
package iamportriver
