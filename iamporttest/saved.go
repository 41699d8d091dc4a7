package iamporttest

// saved is o as a document.
func (o order) saved() savedOrder {
	return savedOrder{MerchantUID: o.merchantUID, Name: o.name, Currency: o.currency, Amount: savedRat{o.amount},
		TaxFree: saveRat(o.taxFree), VAT: saveRat(o.vat), Quota: o.quota, BuyerName: o.buyerName, BuyerEmail: o.buyerEmail,
		BuyerTel: o.buyerTel, BuyerAddr: o.buyerAddr, BuyerPostcode: o.buyerPostcode, CustomData: o.customData,
		PromotionID: o.promotionID, NoticeURL: o.noticeURL}
}

func (o savedOrder) order() order {
	return order{merchantUID: o.MerchantUID, name: o.Name, currency: o.Currency, amount: o.Amount.Rat,
		taxFree: o.TaxFree.value(), vat: o.VAT.value(), quota: o.Quota, buyerName: o.BuyerName, buyerEmail: o.BuyerEmail,
		buyerTel: o.BuyerTel, buyerAddr: o.BuyerAddr, buyerPostcode: o.BuyerPostcode, customData: o.CustomData,
		promotionID: o.PromotionID, noticeURL: o.NoticeURL}
}

func (c card) saved() savedCard {
	return savedCard{Masked: c.masked, Test: c.test}
}

func (c savedCard) card() card {
	return card{masked: c.Masked, test: c.Test}
}

// saved leaves out the fault of p, which has had its effect except for the change, and its earlier states.
func (p *payment) saved() savedPayment {
	d := savedPayment{savedOrder: p.order.saved(), ImpUID: p.impUID, Sequence: p.sequence, Approval: p.approval,
		Started: p.started, CustomerUID: p.customerUID, Usage: p.usage, UserAgent: p.userAgent, ShownAgent: p.shownAgent,
		RequestID: p.requestID, PGTID: p.pgTID, ApplyNum: p.applyNum, ReceiptURL: p.receiptURL, Provider: p.provider,
		Status: p.status, FailReason: p.reason, Sandbox: p.sandbox, StartedAt: p.startedAt, PaidAt: p.paidAt,
		FailedAt: p.failedAt, CancelledAt: p.cancelledAt, Updated: p.updated, ApprovedAt: p.approvedAt, Visible: p.visible,
		CancelAmount: savedRat{p.cancelAmount}, CancelReason: p.cancelReason}
	if p.card != nil {
		d.Card = new(p.card.saved())
	}
	if p.planned != nil {
		d.Change = &savedChange{At: p.planned.at, Paid: p.planned.paid}
	}
	for _, c := range p.cancellations {
		d.Cancellations = append(d.Cancellations, savedCancellation{Amount: savedRat{c.amount}, TaxFree: saveRat(c.taxFree),
			VAT: saveRat(c.vat), At: c.at, Executed: c.executed, RequestID: c.requestID, Reason: c.reason, PGTID: c.pgTID,
			ID: c.id})
	}
	return d
}

func (d savedPayment) payment() *payment {
	p := &payment{impUID: d.ImpUID, sequence: d.Sequence, approval: d.Approval, pgTID: d.PGTID, applyNum: d.ApplyNum,
		receiptURL: d.ReceiptURL, provider: d.Provider, shownAgent: d.ShownAgent, status: d.Status, reason: d.FailReason,
		sandbox: d.Sandbox, startedAt: d.StartedAt, paidAt: d.PaidAt, failedAt: d.FailedAt, cancelledAt: d.CancelledAt,
		updated: d.Updated, approvedAt: d.ApprovedAt, visible: d.Visible, cancelAmount: d.CancelAmount.Rat,
		cancelReason: d.CancelReason}
	p.charge = charge{order: d.order(), started: d.Started, customerUID: d.CustomerUID, usage: d.Usage,
		userAgent: d.UserAgent, requestID: d.RequestID}
	if d.Card != nil {
		p.card = new(d.Card.card())
	}
	if d.Change != nil {
		p.planned = &plannedChange{at: d.Change.At, paid: d.Change.Paid}
	}
	for _, c := range d.Cancellations {
		p.cancellations = append(p.cancellations, cancellation{amount: c.Amount.Rat, taxFree: c.TaxFree.value(),
			vat: c.VAT.value(), at: c.At, executed: c.Executed, requestID: c.RequestID, reason: c.Reason, pgTID: c.PGTID,
			id: c.ID})
	}
	return p
}

func (k *billingKey) saved() savedKey {
	return savedKey{UID: k.uid, Group: k.group, CustomerID: k.customerID, Name: k.name, Tel: k.tel, Email: k.email,
		Addr: k.addr, Postcode: k.postcode, Card: k.card.saved(), Provider: k.provider, Sandbox: k.sandbox,
		Inserted: k.inserted, Updated: k.updated}
}

func (d savedKey) key() *billingKey {
	return &billingKey{uid: d.UID, group: d.Group, customerID: d.CustomerID, name: d.Name, tel: d.Tel, email: d.Email,
		addr: d.Addr, postcode: d.Postcode, card: d.Card.card(), provider: d.Provider, sandbox: d.Sandbox,
		inserted: d.Inserted, updated: d.Updated}
}

// saved leaves out the retries at the PG, which a new process does not have.
func (sch *schedule) saved() savedSchedule {
	d := savedSchedule{savedOrder: sch.order.saved(), Number: sch.number, CustomerUID: sch.customerUID,
		CustomerID: sch.customerID, At: sch.at, Status: sch.status, ExecutedAt: sch.executedAt, RevokedAt: sch.revokedAt}
	if sch.payment != nil {
		d.ImpUID = sch.payment.impUID
	}
	return d
}

func (d savedSchedule) schedule(last *payment) *schedule {
	return &schedule{order: d.order(), number: d.Number, customerUID: d.CustomerUID, customerID: d.CustomerID, at: d.At,
		status: d.Status, executedAt: d.ExecutedAt, revokedAt: d.RevokedAt, payment: last}
}
