package source

func (s *stream) evtx(in *input) { s.unknown(in, "EVTX") }

func (s *stream) parquet(in *input) { s.unknown(in, "Parquet") }
