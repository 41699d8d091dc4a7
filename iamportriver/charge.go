package iamportriver

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/rivertype"

	"github.com/iamport-go/iamport"
)

// ChargeWorker works the jobs of [ChargeArgs]; [Billing.Configure] adds it. It calls
// [iamport.Client.EnsurePaid] and ends the job by its result:
//
//	the payment                 completed, in the transaction of OnResult
//	declined or refused         completed; the next try, if Dunning makes one, is another job
//	*iamport.AlreadyPaidError   completed; OnAlreadyPaid decides whether the order is paid
//	invalid request             cancelled, with the reason
//	anything else               snoozed until it may be charged again; no attempt is used up
//
// An order that has an end is not charged again, whatever job names it.
type ChargeWorker[TTx any] struct{ worker[TTx, ChargeArgs] }

// Work charges the order of the job.
func (w *ChargeWorker[TTx]) Work(ctx context.Context, job *river.Job[ChargeArgs]) error {
	b := w.billing
	args := job.Args.withDefaults()
	o, err := b.open(ctx, args)
	if err != nil {
		return err
	}
	switch {
	case o.ended && State(o.state) == StateInvalid:
		return river.JobCancel(errors.New(o.reason))
	case o.ended:
		return nil
	case State(o.state) == StateDeclined: // by a run of this job that could not store the end
		return b.finish(ctx, job, Result{Args: args, State: StateDeclined, Err: o.declined()})
	}
	payment, err := b.clientOf(args.PG).EnsurePaid(ctx, args.request())
	result, known := resultOf(args, payment, err)
	if !known {
		return b.unknown(ctx, queueOf(args.PG), err, job.Metadata, func(ctx context.Context) error {
			_, err := b.Database.pool.exec(ctx, b.queries.unknown, args.MerchantUID, err.Error())
			return err
		})
	}
	b.circuits[queueOf(args.PG)].known()
	return b.finish(ctx, job, result)
}

// open returns the order of a, and stores it if it is not there.
func (b *Billing[TTx]) open(ctx context.Context, a ChargeArgs) (order, error) {
	o, err := b.queries.find(ctx, b.Database.pool, a.MerchantUID)
	if errors.Is(err, errNoRow) {
		if err := b.check(a); err != nil {
			return o, river.JobCancel(err)
		}
		if _, err := b.queries.insertAll(ctx, b.Database.pool, []ChargeArgs{a}); err != nil {
			return o, err
		}
		if o, err = b.queries.find(ctx, b.Database.pool, a.MerchantUID); errors.Is(err, errNoRow) {
			return o, river.JobCancel(errors.New("iamportriver: this try of the period is there under another order number, or the try before it has not been declined"))
		}
	}
	if err != nil {
		return o, err
	}
	if err := o.differs(a); err != nil {
		return o, river.JobCancel(err)
	}
	return o, nil
}

// resultOf returns the end of an order, or false if its outcome is not known.
func resultOf(args ChargeArgs, payment *iamport.Payment, err error) (r Result, known bool) {
	r = Result{Args: args, Payment: payment, Err: err}
	if err == nil {
		r.State = StatePaid
		return r, true
	}
	// First, because its cause can be any of the others.
	if _, lost := errors.AsType[*iamport.OutcomeUnknownError](err); lost {
		return r, false
	}
	if declined, ok := errors.AsType[*iamport.DeclinedError](err); ok {
		r.State, r.Payment = StateDeclined, declined.Payment
		return r, true
	}
	if paid, ok := errors.AsType[*iamport.AlreadyPaidError](err); ok {
		r.State, r.Payment = StateAlreadyPaid, paid.Payment
		return r, true
	}
	if _, ok := errors.AsType[*iamport.InvalidRequestError](err); ok {
		r.State = StateInvalid
		return r, true
	}
	if refused, ok := errors.AsType[*iamport.Error](err); ok && refused.Refused() && errors.Is(err, iamport.ErrNotCharged) &&
		!errors.Is(err, iamport.ErrUnauthorized) && !errors.Is(err, iamport.ErrRateLimited) {
		r.State = StateDeclined
		return r, true
	}
	return r, false
}

// finish stores the end of an order, calls the hooks, inserts the next try and completes the
// job, in one transaction. The end of ctx does not stop it: the outcome is known now.
func (b *Billing[TTx]) finish(ctx context.Context, job *river.Job[ChargeArgs], r Result) error {
	ctx = context.WithoutCancel(ctx)
	stored, another := false, false
	defer func() { // also after a panic of a hook
		if !stored && !another && r.State == StateDeclined {
			b.keepDecline(ctx, r)
		}
	}()
	limited, cancel := context.WithTimeout(ctx, b.finishTimeout)
	defer cancel()
	err := b.Database.inTx(limited, func(tx TTx) error { return b.end(limited, tx, job, r) })
	stored, another = err == nil, errors.Is(err, errOtherRun)
	if stored && r.State == StateInvalid {
		return river.JobCancel(r.Err)
	}
	return err
}

// keepDecline stores a decline whose end could not be stored: the next run must not try the
// card again. It has a time of its own, because a hook may have used up that of the end.
func (b *Billing[TTx]) keepDecline(ctx context.Context, r Result) {
	ctx, cancel := context.WithTimeout(ctx, b.finishTimeout)
	defer cancel()
	impUID, reason, code := described(r)
	if _, err := b.Database.pool.exec(ctx, b.queries.decline, r.Args.MerchantUID, impUID, reason, code); err != nil {
		b.Logger.WarnContext(ctx, "iamport: a decline could not be stored: the order is charged again",
			slog.String("merchant_uid", r.Args.MerchantUID), slog.Any("error", err))
	}
}

func (b *Billing[TTx]) end(ctx context.Context, tx TTx, job *river.Job[ChargeArgs], r Result) error {
	conn := b.Database.conn(tx)
	impUID, reason, code := described(r)
	ended, err := conn.exec(ctx, b.queries.end, r.Args.MerchantUID, string(r.State), impUID, reason, code)
	if err != nil {
		return err
	}
	if ended == 1 { // otherwise another run of the job has done it
		if err := b.decide(ctx, tx, &r); err != nil {
			return err
		}
		if err := b.OnResult(ctx, tx, r); err != nil {
			return err
		}
	}
	if r.State == StateInvalid {
		return nil // River cancels the job after the transaction
	}
	own, err := complete(ctx, tx, job, r.output())
	if err == nil && !own && r.State == StateDeclined {
		return errOtherRun
	}
	return err
}

// errOtherRun is the end of a run that stood still for so long, with its process, that River has
// begun another. That one may be charging, so a decline of this one is not the end of the order,
// and must not lead to the next try.
var errOtherRun = errors.New("iamportriver: another run of this job has begun meanwhile: its result counts")

// decide asks Dunning about a decline, and OnAlreadyPaid about an order that another call paid.
func (b *Billing[TTx]) decide(ctx context.Context, tx TTx, r *Result) error {
	if r.State == StateDeclined {
		return b.dun(ctx, tx, r)
	}
	paid, ok := errors.AsType[*iamport.AlreadyPaidError](r.Err)
	if !ok || b.OnAlreadyPaid == nil {
		return nil
	}
	accepted, err := b.OnAlreadyPaid(ctx, tx, r.Args, paid)
	if err != nil || !accepted {
		return err
	}
	r.State, r.Err = StatePaid, nil
	_, err = b.Database.conn(tx).exec(ctx, b.queries.accept, r.Args.MerchantUID)
	return err
}

// dun inserts the job of the next try, if there is one.
func (b *Billing[TTx]) dun(ctx context.Context, tx TTx, r *Result) error {
	n := b.Dunning(Decline{Args: r.Args, Err: r.Err, At: time.Now()})
	if n.At.IsZero() {
		return nil
	}
	next := r.Args.next(n)
	var wrong error
	inserted, err := b.insert(ctx, tx, river.ClientFromContext[TTx](ctx), n.At, []ChargeArgs{next}, func(_ ChargeArgs, err error) error {
		wrong = err
		return nil
	})
	if err != nil {
		return err
	}
	if inserted == 0 {
		b.Logger.ErrorContext(ctx, "iamport: the next try of an order is not made: its order number or time is wrong, or the number is taken",
			slog.String("merchant_uid", r.Args.MerchantUID), slog.String("next", next.MerchantUID), slog.Any("error", wrong))
		return nil
	}
	r.Next, r.NextAt = &next, n.At
	return nil
}

// described returns the columns of an end.
func described(r Result) (impUID, reason, code string) {
	if r.Payment != nil {
		impUID = r.Payment.ImpUID
	}
	if r.Err != nil {
		reason = r.Err.Error()
	}
	if declined, ok := errors.AsType[*iamport.DeclinedError](r.Err); ok {
		reason, code = declined.Reason, declined.PGCode
	}
	return impUID, reason, code
}

// complete ends a job in tx, and stores what River shows of it. A job that a person has deleted
// meanwhile has its end: what it did is stored. It reports whether the job was that of this run.
func complete[T river.JobArgs, TTx any](ctx context.Context, tx TTx, job *river.Job[T], output any) (own bool, err error) {
	if output != nil {
		if err := river.RecordOutput(ctx, output); err != nil {
			return false, err
		}
	}
	done, err := river.JobCompleteTx[riverdriver.Driver[TTx]](ctx, tx, job)
	switch {
	case errors.Is(err, river.ErrNotFound):
		return true, nil
	case err != nil:
		return false, explain(err)
	}
	return done.State == rivertype.JobStateCompleted && done.Attempt == job.Attempt, nil
}
