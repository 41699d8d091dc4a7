package simulation

// breakings are the ways to break the client, by the rule that each of them breaks.
var breakings = []breaking{
	// The hold of EnsurePaid.
	{"Begin after the send", "pipeline.go", `		if err == nil && e.hold != nil {
			err = e.hold.before(ctx)
		}
		if err != nil {
			return nil, &exchange.Error{Cause: err}
		}
		a, err := c.exchange(ctx, e, t)
`, `		if err != nil {
			return nil, &exchange.Error{Cause: err}
		}
		a, err := c.exchange(ctx, e, t)
		if e.hold != nil {
			_ = e.hold.before(ctx)
		}
`},
	{"Begin without the age of the look", "journal.go", "quiet = h.client.quiet + h.age + h.client.http.Timeout", "quiet = h.client.quiet + h.client.http.Timeout"},
	{"Begin without the time-out", "journal.go", "quiet = h.client.quiet + h.age + h.client.http.Timeout", "quiet = h.client.quiet + h.age"},
	{"Begin without the quiet period", "journal.go", "quiet = h.client.quiet + h.age + h.client.http.Timeout", "quiet = 0"},
	{"a send at any time after Begin", "journal.go", "if time.Since(h.begun) > h.client.http.Timeout {", "if h.begun.IsZero() {"},
	{"End is left out", "journal.go", "done <- foreign.Guard(func() error { return h.client.journal.End(detached, h.Attempt, notCharged) })", "done <- nil"},
	{"End records every charge as not charged", "charge.go", "	h.end(ctx, free)\n", "	h.end(ctx, true)\n"},
	{"an unknown outcome frees the order", "charge.go", "free := errors.Is(err, ErrNotCharged) || ", "free := v.is == open || errors.Is(err, ErrNotCharged) || "},
	{"End frees all attempts of the order", "internal/journal/journal.go", "		e.free = notCharged\n", `		for one := m.orders[order]; notCharged && one != nil; one = one.next {
			one.free = true
		}
		e.free = notCharged
`},
	{"a failed Begin counts as recorded", "journal.go", "	case err != nil:\n		return err\n", "	case errors.Is(err, ErrAttemptUsed):\n		return err\n"},

	// What is looked up, and which look-ups count.
	{"no look after a refusal", "charge.go", "	case e.claim.anyone:\n		return true\n", "	case h.kind == answerRefused:\n		return false\n"},
	{"no look after a decline of EnsurePaid", "charge.go", "	case e.claim.anyone:\n		return true\n", "	case e.claim.anyone:\n		return h.verdict.is != declined\n"},
	{"a refusal without a code is final at once", "ensure.go", `return !e.claim.anyone || h.verdict`, `return e.claim.own != "" || h.verdict`},
	{"the caller's deadline ends the look-ups of a refusal", "ensure.go", "if v.is == unpaid && endedEarly(ctx, began.Add(c.settleWindow)) != nil {", "if v.is == unpaid && ctx.Err() != nil {"},
	{"one look for a lost answer", "ensure.go", "		if !sleepBeforeLook(looks, pauses, asked) {\n", "		if h.kind == answerLost || !sleepBeforeLook(looks, pauses, asked) {\n"},
	{"a look-up that failed counts as none", "ensure.go", "v.is, err = open, fmt.Errorf(\"the look-up failed: %w\", failed)", `if v.is, err = open, fmt.Errorf("the look-up failed: %w", failed); h.kind == answerRefused {
				v, err = verdict{is: unpaid}, nil
			}`},
	{"a list without total is whole", "ensure.go", "whole := page.text.hasTotal && !page.text.unreadable", "whole := !page.text.unreadable"},
	{"a list that lacks records is whole", "ensure.go", "last && distinct < total", "last && total < 0"},
	{"a gateway's 404 counts as the API's", "internal/exchange/answer.go", "a.None = a.Status == http.StatusNotFound && a.own && a.Code != 0 && a.Message != \"\"", "a.None = a.Status == http.StatusNotFound"},

	// Which answers count, and what is sent again.
	{"a gateway's 401 is sent again", "pipeline.go", "|| again || e.changes && !a.IsRefusal(!a.Answered) {", "|| again {"},
	{"a 5xx in JSON is a refusal", "internal/exchange/answer.go", "return a.Readable() && a.own && empty", "return a.Code != 0 && empty"},
	{"a lost refund is sent again", "pipeline.go", "if e.changes || try == maxTries ||", "if try == maxTries ||"},

	// Which call made a record, and what it means.
	{"a mark in the middle of the text", "verdict.go", "userAgent, ours := strings.CutPrefix(userAgent, product)", "_, userAgent, ours := strings.Cut(userAgent, product)"},
	{"a mark that was cut", "verdict.go", "|| !bracket || !closed ||", "|| !bracket || closed && rest == \"\" ||"},
	{"an unmarked failure is the own", "verdict.go", `	case kind == answerLost && own.failed != nil && own.pending == nil && own.late == nil:
		return verdict{is: declined, payment: own.failed}
`, `	case kind == answerLost && first(own.failed, bare.failed) != nil:
		return verdict{is: declined, payment: first(own.failed, bare.failed)}
`},
	{"another call's failure is the own", "verdict.go", `	case kind == answerLost && own.failed != nil && own.pending == nil && own.late == nil:
		return verdict{is: declined, payment: own.failed}
`, `	case kind == answerLost && first(own.failed, other.failed) != nil:
		return verdict{is: declined, payment: first(own.failed, other.failed)}
`},
	{"another call's payment is the own", "verdict.go", "		mine = first(own.paid, bare.paid)\n", "		mine = first(own.paid, bare.paid, other.paid)\n"},
	{"an unmarked payment is the own after a refusal", "verdict.go", "	if kind == answerLost {\n		mine =", "	if kind != notSent {\n		mine ="},
	{"a payment on other terms counts as paid", "verdict.go", "if c.terms.differences(p) != nil {", "if c.terms.currency == \"none\" {"},
	{"a cancelled payment is none", "verdict.go", "theirs := first(bare.paid, other.paid, other.differs, refunded)", "theirs, _ := first(bare.paid, other.paid, other.differs), refunded"},
	{"a failure of Paymentwall is final", "verdict.go", "if c.mayStillBePaid(p) {", "if c.own == \"none\" {"},
	{"a ready record is none", "verdict.go", "	case pending != nil:\n", "	case pending != nil && kind != notSent:\n"},

	// Refunds.
	{"a lost refund frees the payment", "refund.go", "	h.end(ctx, !isLost)\n", "	h.end(ctx, true)\n"},
	{"a refusal of a refund without a look", "refund.go", "	payment, err := c.settleRefund(ctx, e, r, after, refusal, err)\n",
		"	payment, err := c.settleRefund(ctx, e, r, after, refusal, err)\n	if refusal != nil {\n		payment, err = nil, notCharged(refusal)\n	}\n"},
}
