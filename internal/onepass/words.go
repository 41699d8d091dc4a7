package onepass

// words are texts that most records of the API hold. They are made once, so that a page of 1,000
// payments does not hold each 1,000 times.
var words = func() map[string]string {
	words := make(map[string]string)
	for _, word := range []string{
		"paid", "failed", "cancelled", "ready", "scheduled", "executed", "revoked",
		"card", "trans", "vbank", "phone", "api", "pc", "mobile", "KRW", "USD",
		"payment", "payment.scheduled", "issue",
		"daou", "nice", "nice_v2", "kcp", "kcp_billing", "html5_inicis", "tosspayments", "ksnet", "welcome", "danal_tpay", "smartro_v2", "kicc", "kakaopay", "naverpay", "payco",
	} {
		words[word] = word
	}
	return words
}()

// longestWord is the length of the longest of words.
const longestWord = len("payment.scheduled")
