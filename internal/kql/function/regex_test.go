package function

import "testing"

func TestHexEscapes(t *testing.T) {
	for _, tt := range []struct{ pattern, want string }{
		{`a\d`, `a\d`},
		{`[\u02B0-\u02FF]`, `[\x{02B0}-\x{02FF}]`},
		{`\u{1F600}\U{7F}\U0001F600\U00000000`, `\x{1F600}\x{7F}\x{1F600}\x{0}`},
		{`\\u0041`, `\\u0041`},
		{`\u00G0`, `\u00G0`},
		{`\u12`, `\u12`},
		{`\u{`, `\u{`},
		{`\u{}x\`, `\u{}x\`},
	} {
		if got := hexEscapes(tt.pattern); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.pattern, got, tt.want)
		}
	}
	re, err := compileRegex(`^[\u00e0-\u00ff]+$`)
	if err != nil || !re.Match("éà") || re.Match("ea") {
		t.Errorf("%v", err)
	}
}
