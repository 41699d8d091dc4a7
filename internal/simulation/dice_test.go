package simulation

import (
	"math"
	"math/rand/v2"
	"time"
)

// dice is a source of random choices for one purpose.
type dice struct{ *rand.Rand }

// Purposes of dice, so that two choices of one call do not depend on each other.
const (
	forWorld uint64 = iota
	forOrders
	forCall
	forContext
	forCrash
	forMoney
	forRead
	forSignIn
	forBegin
	forEnd
	forLimiter
	forPause
)

// newDice returns the dice for the n-th choice of one purpose by one worker in one
// call. The same seed always gives the same dice.
func newDice(seed, purpose uint64, worker, call, n int) dice {
	return dice{rand.New(rand.NewPCG(seed, purpose<<56|uint64(worker)<<40|uint64(call)<<16|uint64(n)))}
}

// chance reports true with probability p.
func (d dice) chance(p float64) bool { return d.Float64() < p }

// upTo returns a duration from 0 to limit.
func (d dice) upTo(limit time.Duration) time.Duration {
	if limit <= 0 {
		return 0
	}
	return time.Duration(d.Int64N(int64(limit) + 1))
}

// between returns a duration from low to high.
func (d dice) between(low, high time.Duration) time.Duration { return low + d.upTo(high-low) }

// spread returns a duration from low to high whose logarithm is spread evenly.
func (d dice) spread(low, high time.Duration) time.Duration {
	ratio := math.Log(float64(high) / float64(low))
	return time.Duration(float64(low) * math.Exp(d.Float64()*ratio))
}

// pick returns one of the choices.
func pick[T any](d dice, choices ...T) T { return choices[d.IntN(len(choices))] }

// weighted is a choice and how often it is drawn, relative to the others.
type weighted[T any] struct {
	weight float64
	value  T
}

func draw[T any](d dice, choices []weighted[T]) T {
	sum := 0.0
	for _, c := range choices {
		sum += c.weight
	}
	at := d.Float64() * sum
	for _, c := range choices {
		if at -= c.weight; at < 0 {
			return c.value
		}
	}
	return choices[0].value
}
