package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/harrier-detect/harrier/internal/reference"
)

func referenceCommand(s *streams) *cobra.Command {
	return &cobra.Command{
		Use:   "reference spl|kql [NAME]",
		Short: "Say what a command, operator or function does, with examples; without a name, list all",
		Args:  cobra.RangeArgs(1, 2),
		RunE: func(_ *cobra.Command, args []string) error {
			l, err := languageNamed(args[0])
			if err != nil {
				return err
			}
			if len(args) == 1 {
				_, err := io.WriteString(s.out, l.Index(width(s.out)))
				return err
			}
			found, near := l.Find(args[1])
			if len(found) == 0 {
				msg := fmt.Sprintf("%s has nothing named %q", l.Title, args[1])
				if len(near) > 0 {
					msg += "; near are " + strings.Join(near, ", ")
				}
				return fmt.Errorf("%s", msg)
			}
			for i, e := range found {
				if i > 0 {
					fmt.Fprintln(s.out)
				}
				if _, err := io.WriteString(s.out, e.Print()); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

func languageNamed(name string) (*reference.Language, error) {
	for _, l := range reference.Languages() {
		if strings.EqualFold(l.Name, name) {
			return l, nil
		}
	}
	return nil, fmt.Errorf("there is a reference of spl and of kql, not of %q", name)
}
