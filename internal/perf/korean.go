package main

import "strings"

// korean turns the words of the tables into those of the Korean document. Longer texts come first.
var korean = strings.NewReplacer(
	"| call | protocol | goroutines | by hand | package | time | allocations | bytes |",
	"| 호출 | 프로토콜 | 고루틴 | 직접 작성 | 패키지 | 시간 | 할당 | 바이트 |",
	"| figure | floor | measured | range | target | met |", "| 항목 | 기준 | 측정값 | 범위 | 목표 | 달성 |",
	"| part of a program | grows by | largest function |", "| 프로그램의 부분 | 증가 | 가장 큰 함수 |",
	"golang.org/x/time", "golang.org/x/time", "runtime", "runtime", // packages, in which "time" is no word
	"all instructions", "명령어 전체", "types, texts, and tables of lines", "타입, 문자열, 줄 번호 표",
	"for debuggers, left out by -ldflags=-s -w", "디버거용, -ldflags=-s -w로 빠짐", "other packages", "나머지 패키지",
	"Again without the network", "네트워크 없는 Again",
	"decoding a payment", "결제 내역 하나 해석",
	"decoding a page of 1,000 payments", "결제 내역 1,000건 페이지 해석",
	"decoding, bytes of a payment on a page of 1,000 to one of 1: memory", "해석, 1건 페이지 대비 1,000건 페이지의 건당 메모리",
	"new connections of 20,000 calls", "20,000번 호출의 새 연결",
	"walking 1,000,000 payments: growth of the heap", "결제 내역 1,000,000건 순회: 힙 증가",
	"10,000 cold goroutines: sign-ins", "토큰이 없는 고루틴 10,000개: 토큰 발급 횟수",
	"waits for a lock", "잠금을 기다린 횟수",
	"warm Token", "토큰이 있을 때 Token",
	"limit of Kiwoompay after a sign-in of 1 s", "토큰 발급에 1초가 걸린 뒤의 키움페이 제한",
	"limit of Kiwoompay", "키움페이 제한",
	"charges a second", "초당 결제 수",
	"most in any second", "임의의 1초 동안 최대 건수",
	"size of a program", "프로그램 크기",
	"modules of a program besides the package", "이 패키지 외에 프로그램에 들어가는 모듈",
	"build after a change of main.go", "main.go를 바꾼 뒤 빌드",
	"Measured with", "측정 환경:", " on linux", ", linux", " processors", "개 프로세서", " rounds.", "회 반복.",
	"by hand", "직접 작성",
	"goroutines", "고루틴",
	"allocations", "할당",
	"time", "시간",
	"**no**", "**아니요**",
	"| yes |", "| 예 |",
	" to ", "–",
	"| of ", "| 전체 ",
)
