package source

// The diagnostics of reading. All have Source.Name = file; messages name the byte offset within the (unpacked) file.
const (
	idRecord    = "SRC1001" // a record is not what its format says
	idCutOff    = "SRC1002" // the file or an archive member ends in the middle of something
	idArchive   = "SRC1003" // an archive is damaged
	idFormat    = "SRC2001" // a format that is known and cannot be read
	idCodec     = "SRC2002" // a compression or encryption that cannot be read
	idUnknown   = "SRC3001" // a file in no known format
	idUnread    = "SRC6001" // a file cannot be opened or read
	idTooLong   = "SRC6002" // a record is longer than maxRecord
	idTooDeep   = "SRC6003" // archives within archives beyond maxDepth
	idBomb      = "SRC6004" // an archive unpacks to far more than its size
	idKeptApart = "SRC6005" // something was read in another form than the rest, or left out
	idSkipped   = "SRC6006" // members that hold no events were skipped
	idMore      = "SRC6009" // how often a diagnostic was not repeated
)
