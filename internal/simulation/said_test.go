package simulation

import (
	"errors"
	"time"

	"github.com/iamport-go/iamport"
)

// said is the result of a call, in one word.
type said string

const (
	saidPaid       said = "done" // paid, or refunded
	saidNotCharged said = "not charged"
	saidDeclined   said = "declined"
	saidAlready    said = "already paid"
	saidUnknown    said = "unknown"
	saidNonsense   said = "none or several of the results"
)

var sentinels = []error{
	iamport.ErrNotCharged, iamport.ErrUnauthorized, iamport.ErrNotFound, iamport.ErrRateLimited,
}

// heard classifies a result as one of those in the package comment of iamport.
func heard(p *iamport.Payment, err error) said {
	if err == nil {
		if p == nil || p.Status != iamport.StatusPaid && p.Status != iamport.StatusCancelled {
			return saidNonsense
		}
		return saidPaid
	}
	_, already := errors.AsType[*iamport.AlreadyPaidError](err)
	_, unknown := errors.AsType[*iamport.OutcomeUnknownError](err)
	_, declined := errors.AsType[*iamport.DeclinedError](err)
	no := errors.Is(err, iamport.ErrNotCharged)
	count := 0
	for _, is := range []bool{already, unknown, no} {
		if is {
			count++
		}
	}
	switch {
	case count != 1 || p != nil || declined && !no:
		return saidNonsense
	case already:
		return saidAlready
	case unknown:
		for _, sentinel := range sentinels {
			if errors.Is(err, sentinel) {
				return saidNonsense
			}
		}
		return saidUnknown
	case declined:
		return saidDeclined
	}
	return saidNotCharged
}

// retryAt returns RetryAt of an unknown outcome.
func retryAt(err error) time.Time {
	if unknown, ok := errors.AsType[*iamport.OutcomeUnknownError](err); ok {
		return unknown.RetryAt
	}
	return time.Time{}
}
