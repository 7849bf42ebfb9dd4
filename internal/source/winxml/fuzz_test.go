package winxml

import (
	"context"
	"testing"

	"github.com/harrier-detect/harrier/internal/event"
)

func FuzzEvents(f *testing.F) {
	f.Add("<Event xmlns='x'><System><Provider Name=\"P\"/><EventID Qualifiers='1'>4</EventID><Security/></System><EventData><Data Name='A'>b&amp;&#x41;</Data><Data>c</Data><Data/></EventData></Event>")
	f.Add("<Events><Event><System/><UserData><x><y a='b'>c<![CDATA[d]]><!-- e --></y><y>1</y></x></UserData></Event></Events>")
	f.Add("<Event><a>\n<Event><System></System></Event>")
	f.Fuzz(func(t *testing.T, in string) {
		n := uint64(0)
		b := event.NewBuilder(event.NewDicts(0), 0, nil, func(b *event.Batch) error {
			for i := range b.Len() {
				for j := range b.Names() {
					_ = b.ColumnAt(j).Value(i).String()
				}
			}
			n += uint64(b.Len())
			return nil
		})
		lost := uint64(0)
		d := New(b, &event.Classes{})
		d.Problem = func(uint64, int, string) { lost++ }
		next, err := d.Events(context.Background(), []byte(in), 1)
		if err != nil {
			t.Fatal(err)
		}
		b.Flush()
		if n+lost < next-1 {
			t.Fatalf("%d events, %d read, %d reported", next-1, n, lost)
		}
	})
}
