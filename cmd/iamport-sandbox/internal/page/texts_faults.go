package page

import "maps"

func init() { maps.Copy(texts, faultTexts) }

// faultTexts are the texts of the fault rules.
var faultTexts = map[string][2]string{
	"faults.text":   {"A rule makes requests to the API fail as they can fail in production. Of several that match, the first acts.", "규칙은 API 요청이 운영 환경에서처럼 실패하게 합니다. 여러 규칙이 맞으면 첫 번째 규칙이 적용됩니다."},
	"faults.common": {"Common rules", "자주 쓰는 규칙"},
	"faults.choose": {"What happens", "발생할 일"},
	"faults.add":    {"Add this rule", "이 규칙 추가"},
	"faults.own":    {"Your own rule", "직접 작성"},
	"faults.rule":   {"Rule", "규칙"},
	"faults.addown": {"Add your rule", "작성한 규칙 추가"},
	"faults.rules":  {"Rules", "현재 규칙"},
	"faults.used":   {"Used", "적용 횟수"},
	"faults.left":   {"Left", "남은 횟수"},
	"faults.always": {"no end", "제한 없음"},
	"faults.remove": {"Remove", "삭제"},
	"faults.none":   {"There are no rules. Requests are answered as usual.", "규칙이 없습니다. 요청을 정상 처리합니다."},

	"rule.0":  {"The next charge is declined", "다음 결제를 거절(status failed)"},
	"rule.1":  {"The next charge is refused with code -1", "다음 결제를 code -1로 거부"},
	"rule.2":  {"The next charge: connection lost, not charged", "다음 결제: 결제되지 않고 연결 끊김"},
	"rule.3":  {"The next charge: charged, then connection lost", "다음 결제: 결제된 뒤 연결 끊김"},
	"rule.4":  {"The next charge: connection lost, charged 3 seconds later", "다음 결제: 연결이 끊기고 3초 뒤에 결제"},
	"rule.5":  {"The next charge: HTTP 503, not charged", "다음 결제: 결제되지 않고 HTTP 503"},
	"rule.6":  {"The next charge: charged, but HTTP 502", "다음 결제: 결제되었으나 HTTP 502"},
	"rule.7":  {"The next charge is answered after 10 seconds", "다음 결제의 응답을 10초 지연"},
	"rule.8":  {"Look-ups show the next charge 10 seconds later", "다음 결제가 조회에 10초 늦게 표시"},
	"rule.9":  {"The next charge is ready and paid an hour later", "다음 결제가 미결제 상태였다가 1시간 뒤 완료"},
	"rule.10": {"The next charge fails and is paid an hour later", "다음 결제가 실패했다가 1시간 뒤 완료"},
	"rule.11": {"The next refund: executed, then connection lost", "다음 환불: 환불된 뒤 연결 끊김"},
	"rule.12": {"One of ten requests: HTTP 503", "요청 열 건 중 한 건: HTTP 503"},

	"grammar.title":     {"Grammar", "문법"},
	"grammar.faults":    {"Faults", "장애 종류"},
	"grammar.fault":     {"FAULT", "FAULT"},
	"grammar.effect":    {"Effect", "효과"},
	"grammar.pattern":   {"PATTERN is \"METHOD /path\" or \"/path\". {name} matches any segment, and a slash at the end all paths below.", "PATTERN은 \"METHOD /path\" 또는 \"/path\"입니다. {name}은 한 구간과, 끝의 빗금은 그 아래 모든 경로와 맞습니다."},
	"grammar.options":   {"times=N acts N times, chance=P with a probability such as 0.1 or 10%, seed=N makes the chance repeatable.", "times=N은 N번만, chance=P는 0.1이나 10% 같은 확률로 적용하고, seed=N은 확률을 재현합니다."},
	"grammar.durations": {"Durations are as in 300ms, 3s, 2m or 1d.", "시간은 300ms, 3s, 2m, 1d처럼 씁니다."},

	"fault.decline":           {"The charge fails with this reason: HTTP 200, code 0, status failed.", "이 사유로 결제가 실패합니다. HTTP 200, code 0, status failed."},
	"fault.refuse":            {"Not executed. HTTP 200 with code -1.", "실행하지 않습니다. HTTP 200, code -1."},
	"fault.refuse-after":      {"Executed. HTTP 200 with code -1.", "실행합니다. HTTP 200, code -1."},
	"fault.lose-before":       {"Not executed, the connection is lost.", "실행하지 않고 연결을 끊습니다."},
	"fault.lose-after":        {"Executed, then the connection is lost.", "실행한 뒤 연결을 끊습니다."},
	"fault.lose-then-execute": {"The connection is lost at once. Executed later.", "바로 연결을 끊고 나중에 실행합니다."},
	"fault.cut":               {"Executed. The connection is lost after so many bytes of the answer.", "실행합니다. 응답을 이 바이트 수만큼 보낸 뒤 연결을 끊습니다."},
	"fault.status":            {"Not executed. An HTML page with this HTTP status.", "실행하지 않고 이 HTTP 상태의 HTML을 응답합니다."},
	"fault.status-after":      {"Executed. An HTML page with this HTTP status.", "실행하고 이 HTTP 상태의 HTML을 응답합니다."},
	"fault.delay":             {"Waits, then executes and answers.", "기다린 뒤 실행하고 응답합니다."},
	"fault.slow":              {"Executes, waits, then answers.", "실행하고 기다린 뒤 응답합니다."},
	"fault.pg":                {"The PG needs this time to decide, even if the client leaves.", "클라이언트가 떠나도 PG가 이 시간 뒤에 결정합니다."},
	"fault.late":              {"Look-ups show the charge only later.", "결제가 조회에 늦게 나타납니다."},
	"fault.pending":           {"The record is ready and becomes paid later.", "미결제 상태였다가 결제 완료가 됩니다."},
	"fault.pending-failed":    {"The record is ready and becomes failed later.", "미결제 상태였다가 결제 실패가 됩니다."},
	"fault.fail-then-pay":     {"The record is failed and becomes paid later, as with Paymentwall.", "Paymentwall처럼 결제 실패였다가 결제 완료가 됩니다."},
}
