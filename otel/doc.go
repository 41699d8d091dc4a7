// Package iamportotel makes traces and metrics of OpenTelemetry from the exchanges of an
// [iamport.Client]:
//
//	observer, err := iamportotel.New()
//	...
//	client, err := iamport.NewClient(key, secret, iamport.WithObserver(observer))
//
// Each HTTP exchange is one client span, a child of the span in the context of the call. Start
// a span of your own around a charge, and the charge, its sign-in and its look-ups are its
// children. A call that changes data and sent nothing is an internal span, named after the
// operation ("iamport.EnsurePaid"). A span is made when its exchange is over, with the times of
// the exchange: a sampler sees all attributes, and a charge is exported after its look-ups.
//
// The status of a span is Error, with an error.type, if the exchange failed or the outcome of
// the call is unknown. Three answers are no errors: a declined charge, an order that is already
// paid, and a read that finds nothing. A lost answer is an error, even if a look-up then
// shows the payment.
//
// The metrics are the histogram http.client.request.duration, without calls that sent nothing,
// and the counter iamport.outcomes of calls that change data. Alert on its iamport.outcome
// "unknown". The attributes follow the semantic conventions of HTTP, plus those of this package.
// server.address and server.port are left out, because an exchange does not name its host.
//
// No id, order number, card, secret or text of a server or caller is in a span or metric. Every
// text is a constant of this package or of iamport; any other is "_OTHER". The number of labels
// is bounded.
package iamportotel
