package winxml

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/harrier-detect/harrier/internal/event"
)

// decode returns the events of a text, each as its class and sorted fields, and the problems.
func decode(t testing.TB, in string) (events, problems []string) {
	b := event.NewBuilder(event.NewDicts(0), 1, func(f string) bool { return f != event.RawField }, func(b *event.Batch) error {
		var fields []string
		for j, n := range b.Names() {
			fields = append(fields, n+"="+b.ColumnAt(j).Value(0).String())
		}
		slices.Sort(fields)
		events = append(events, fmt.Sprintf("%d %s|%s|%s %s", b.Lineage.Of(0)[0].Record, b.Class.Provider, b.Class.Channel, b.Class.ID, strings.Join(fields, " ")))
		return nil
	})
	d := New(b, &event.Classes{})
	d.Problem = func(record uint64, offset int, message string) {
		problems = append(problems, fmt.Sprintf("%d at %d: %s", record, offset, message))
	}
	if _, err := d.Events(context.Background(), []byte(in), 1); err != nil {
		t.Fatal(err)
	}
	return events, problems
}

func TestEvents(t *testing.T) {
	f := func(in string, want ...string) {
		t.Helper()
		for _, again := range []int{1, 3} { // the second time the tags are guessed
			events, problems := decode(t, strings.Repeat(in+"\n", again))
			if len(problems) > 0 {
				t.Errorf("%s: %v", in, problems)
			}
			for i, e := range events {
				_, e, _ = strings.Cut(e, " ")
				if len(events) != again*len(want) || e != want[i%len(want)] {
					t.Fatalf("%s:\ngot  %s\nwant %s", in, e, want)
				}
			}
		}
	}
	f(`<Event/>`)
	f(`<Event></Event>`, `|| `)
	f(`<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider Name='P' Guid='{1}' EventSourceName='S'/><EventID Qualifiers='16384'>7045</EventID>`+
		`<Version>0</Version><Keywords>0x80</Keywords><TimeCreated SystemTime='2021-01-14T23:41:40.145335200Z'/><Correlation ActivityID='{2}'/><Execution ProcessID='1' ThreadID='2' ProcessorID='3'/><Channel>System</Channel><Security UserID='S-1-5-18'/></System></Event>`,
		`P|System|7045 ActivityID="{2}" Channel="System" EventID=7045 EventSourceName="S" ExecutionProcessID=1 ExecutionThreadID=2 Keywords="0x80" Provider="P" ProviderGuid="{1}" Qualifiers=16384 System.Execution.ProcessorID="3" TimeCreated="2021-01-14T23:41:40.1453352Z" UserID="S-1-5-18" Version=0`)
	f("<Event>\r\n  <System>\r\n    <Provider Name=\"P\" />\r\n    <EventID>1</EventID>\r\n    <Correlation />\r\n  </System>\r\n  <EventData>\r\n    <Data Name=\"A\">x\r\n y</Data>\r\n    <Data Name=\"B\" />\r\n  </EventData>\r\n</Event>",
		`P||1 A="x\r\n y" B="" EventID=1 Provider="P"`)
	f(`<Event><EventData><Data>a</Data><Data></Data><Data/><Binary>00FF</Binary></EventData></Event>`, `|| Data=["a","",""] EventData.Binary="00FF"`)
	f(`<Event><EventData><Data>a</Data></EventData></Event>`, `|| Data=["a"]`)
	f(`<Event><EventData><Data Name='A'>1</Data><Data Name='A'>2</Data><Data Name='A'/></EventData></Event>`, `|| A=["1","2",""]`)
	f(`<Event><EventData Name='N'><Data Name='Level'>1</Data><Data Name='_raw'>2</Data></EventData></Event>`, `|| EventData.Level="1" EventData.Name="N" EventData._raw="2"`)
	f(`<Event><EventData><Data Name='A'>&lt;&amp;&gt;&quot;&apos;&#65;&#x1F600;&#xD800;&nbsp;& &</Data></EventData></Event>`, `|| A="<&>\"'A😀�&nbsp;& &"`)
	f(`<Event><EventData><Data Name='A'>a<![CDATA[<b> & ]]>c<!-- no -->d<?no no?></Data></EventData></Event>`, `|| A="a<b> & cd"`)
	f(`<Event><UserData><X xmlns='y' z='1'><A>1</A><B b='2'/><A>3</A><Channel>c</Channel></X></UserData></Event>`, `|| A=["1","3"] B.b="2" UserData.Channel="c" X.z="1"`)
	f(`<Event><RenderingInfo Culture='en-US'><Message>m</Message><Level>l</Level><Task/><Opcode>o</Opcode><Channel>c</Channel><Keywords><Keyword>k</Keyword></Keywords></RenderingInfo></Event>`,
		`|| KeywordNames=["k"] LevelName="l" Message="m" OpcodeName="o" RenderingInfo.Channel="c" RenderingInfo.Culture="en-US" TaskName=""`)
	f(`<Event><EventData><Data Name='TaskName'>\x</Data></EventData><RenderingInfo><Task>t</Task></RenderingInfo></Event>`, `|| TaskName="\\x"`)
	f(`<Event><ProcessingErrorData><ErrorCode>15</ErrorCode></ProcessingErrorData></Event>`, `|| ProcessingErrorData.ErrorCode="15"`)
	f(`<Event><System><EventID>odd</EventID><Level></Level></System></Event>`, `||odd EventID="odd"`)
	f(`<?xml version='1.0'?><Events><Event><EventData><Data Name='A'>1</Data></EventData></Event> <Event><EventData><Data Name='A'>2</Data></EventData></Event></Events>`, `|| A="1"`, `|| A="2"`)
	f(`<EventList/><Eventful/>`)
}

// TestDamagedEvents expects what is cut off or not well-formed to be named, and the events around it to be read.
func TestDamagedEvents(t *testing.T) {
	const good = `<Event><System><EventID>1</EventID></System></Event>`
	f := func(in string, events int, problem string) {
		t.Helper()
		got, problems := decode(t, in)
		if len(got) != events || !strings.Contains(strings.Join(problems, "\n"), problem) || (len(problems) == 0) != (problem == "") {
			t.Errorf("%s: got %v, %v", in, got, problems)
		}
	}
	f(good+"\n"+good, 2, "")
	f(good+"\n"+`<Event><System><EventID>1`, 1, "2 at 78: the event has no end")
	f(`<Event><System><EventID>1`+"\n"+good+good, 2, "1 at 78: ")
	f(`<Event><a></b></Event>`+good, 1, "the end tag of another element than <a>")
	f(`<Event><a b></a></Event>`+good, 1, "an attribute without a value")
	f(`<Event><a b=c></a></Event>`+good, 1, "an attribute without quotes")
	f(`<Event><a b='></a></Event>`+good, 1, "an attribute without end")
	f(`<Event><></></Event>`+good, 1, "a tag without a name")
	f(`<Event><!DOCTYPE x></Event>`+good, 1, "a declaration within an event")
	f(`<Event><a><![CDATA[x</a></Event>`+good, 1, "what should end with ]]> does not")
	f("<Event>"+strings.Repeat("<a>", 100)+strings.Repeat("</a>", 100)+"</Event>"+good, 1, "elements more than 64 deep")
}
