#!/usr/bin/perl
# The rules of the house that the compiler does not know, checked over the sources.
#   source.pl ROOT includes|functions|length|licence|words|errors|links
# Each finding is one line `file:line: what`; the exit status is 1 if there is any.
use strict;
use warnings;
use File::Basename qw(dirname);

my ($root, $what) = @ARGV;
chdir($root) or die "source.pl: $root: $!\n";

# What a folder may include: itself, and what stands below it. Dependencies point downwards only.
my @core_layers = (
    # folder          may include from core
    [ 'core/base',    qw(base) ],
    [ 'core/config',  qw(config base) ],
    [ 'core/http',    qw(http config base) ],
    [ 'core/plane',   qw(plane http config base include) ],
    [ 'core/ledger',  qw(ledger http config base) ],
    [ 'core/blast',   qw(blast plane http config base include) ],
    [ 'core/trust',   qw(trust blast ledger plane http config base include) ],
    [ 'core/doctor',  qw(doctor trust blast ledger plane http config base include) ],
    [ 'core/mcp',     qw(mcp doctor trust blast ledger plane http config base include) ],
    [ 'core/command', qw(command mcp doctor trust blast ledger plane http config base include) ],
    [ 'core/include', qw(include) ],
);
# A face stands beside core/command. It sends nothing itself: no core/http.
my @face_may = qw(mcp trust ledger plane config base include);
# Who may use a library: header pattern, then the only folders.
my @libraries = (
    [ qr{^curl/},           qw(core/http tests) ],
    [ qr{^openssl/},        qw(core/http core/base plugins/exec sim tests faces) ],
    [ qr{^microhttpd\.h$},  qw(sim faces tests) ],
    [ qr{^libssh2},         qw(plugins/exec tests) ],
    [ qr{^seccomp\.h$},     qw(core/plane tests) ],
    [ qr{^linux/landlock},  qw(core/plane tests) ],
    [ qr{^yaml\.h$},        qw(core/config tests) ],
    [ qr{^json-c/|^json\.h$}, qw(core plugins sim faces tests docs) ],
    [ qr{^cmocka\.h$},      qw(tests core/include) ],
);
# Calls that have a safer sibling (base/text.h, base/buf.h, posix_spawn, snprintf) or no place here at all.
my @banned = qw(strtol strtoul strtoll strtoull strtoimax strtoumax atoi atol atoll atof sprintf vsprintf strcpy stpcpy
    strcat strtok system popen gets alloca vfork tmpnam tempnam mktemp asctime ctime scanf sscanf fscanf);
# Sources that misbehave on purpose.
my $hostile = qr{^tests/abi/planes/};
# Host names of package registries and paths of one machine have no place in the project. The brackets keep this list
# from finding itself.
my @words = (
    [ qr{registry\.[n]pmjs|[n]pmjs\.org|[p]ypi\.org|[p]ythonhosted\.org|crates[.]io|proxy\.[g]olang\.org|rubygems[.]org}i,
        'the host name of a package registry' ],
    [ qr{deb\.[d]ebian\.org|security\.[d]ebian\.org|archive\.[u]buntu\.com|[n]odesource\.com}i,
        'the host name of a package registry' ],
    [ qr{(?<![\w.~-])/wor[k]/|(?<![\w.~-])/tmp/brief[s]|/tmp/[a-z]+-buil[d]\b}, 'a path of one machine' ],
);
my $length_notice = 400;
my $length_limit = 600;
my %length_exempt = map { $_ => 1 } ('core/include/proximo/plane.h');

sub slurp {
    my ($name) = @_;
    open(my $in, '<:raw', $name) or return '';
    local $/;
    return scalar(<$in>) // '';
}

sub files {
    my @found = split /\0/, `git ls-files -z -co --exclude-standard 2>/dev/null`;
    @found = map { s{^\./}{}r } split /\n/, `find . -path ./build -prune -o -path ./.cache -prune -o -type f -print`
        unless @found;
    return sort grep { -f $_ } @found;
}
my @files = files();
my @c_files = grep { /\.[ch]$/ } @files;
my $bad = 0;
sub finding { print "@_\n"; $bad++; }

# The text with comments and literals blanked, line breaks kept.
sub code_of {
    my ($text) = @_;
    $text =~ s{(/\*.*?\*/|//[^\n]*|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')}{$1 =~ s/[^\n]/ /gr}gse;
    return $text;
}

sub check_include {
    my ($file, $line, $kind, $header) = @_;
    if ($kind eq '<') {
        for my $row (@libraries) {
            my ($pattern, @folders) = @$row;
            next unless $header =~ $pattern;
            finding("$file:$line: <$header> is not for this folder; only for: @folders")
                unless grep { index($file, "$_/") == 0 } @folders;
        }
        return if $header ne 'proximo/plane.h';
    }
    my $beside = dirname($file) . "/$header";
    $beside =~ s{[^/]+/\.\./}{} while $beside =~ m{[^/]+/\.\./};
    my $target = -f $beside ? $beside : -f "core/$header" ? "core/$header" : -f "core/include/$header" ? "core/include/$header"
        : -f "sim/$header" ? "sim/$header" : -f $header ? $header : undef;
    return if !defined $target;    # made by the build, or the system's
    if ($file =~ m{^plugins/([^/]+)/}) {
        finding("$file:$line: a plane includes proximo/plane.h, plugins/rows.h, plugins/common and its own headers only, not $header")
            unless $target eq 'core/include/proximo/plane.h' || $target eq 'plugins/rows.h' || index($target, 'plugins/common/') == 0 || index($target, "plugins/$1/") == 0;
    } elsif ($file =~ m{^sim/}) {
        finding("$file:$line: the simulator includes nothing of core or plugins, not $header") unless $target =~ m{^sim/};
    } elsif ($file =~ m{^faces/([^/]+)/}) {
        finding("$file:$line: a face includes its own headers and those of core/@{[join ', core/', @face_may]}, not $header")
            unless index($target, "faces/$1/") == 0 || grep { index($target, "core/$_/") == 0 } @face_may;
    } elsif ($file eq 'core/main.c') {
        finding("$file:$line: main includes command/command.h only, not $header") if $target ne 'core/command/command.h';
    } elsif ($file =~ m{^core/}) {
        my ($row) = grep { index($file, "$_->[0]/") == 0 } @core_layers;
        if (!$row) {
            finding("$file:$line: the folder has no place in the order of the house (tests/house/source.pl)");
            return;
        }
        my (undef, @may) = @$row;
        finding("$file:$line: $row->[0] may include from: @may; not $header")
            unless grep { index($target, "core/$_/") == 0 } @may;
    }
}

my %checks = (
    includes => sub {
        for my $file (grep { m{^(core|plugins|sim|faces|docs)/} } @c_files) {
            my $n = 0;
            for my $text (split /\n/, slurp($file), -1) {
                $n++;
                check_include($file, $n, $1, $2) if $text =~ /^\s*#\s*include\s*([<"])([^>"]+)[>"]/;
            }
        }
    },
    functions => sub {
        my $any = join '|', @banned;
        for my $file (grep { $_ !~ $hostile } @c_files) {
            my $n = 0;
            for my $text (split /\n/, code_of(slurp($file)), -1) {
                $n++;
                finding("$file:$n: $1() is not used here; base/text.h, base/buf.h and snprintf are")
                    while $text =~ /(?<![\w.>])($any)\s*\(/g;
            }
        }
    },
    length => sub {
        for my $file (grep { !$length_exempt{$_} } @c_files) {
            my $lines = () = slurp($file) =~ /\n/g;
            print "note: $file has $lines lines, over $length_notice\n" if $lines > $length_notice && $lines <= $length_limit;
            finding("$file:$lines: over $length_limit lines; split it by topic") if $lines > $length_limit;
        }
    },
    licence => sub {
        for my $file (@c_files) {
            my ($first) = split /\n/, slurp($file), 2;
            finding("$file:1: the first line is not the SPDX line")
                unless ($first // '') =~ m{^/\* SPDX-License-Identifier: Apache-2\.0( OR MIT)? \*/$};
        }
    },
    words => sub {
        for my $file (grep { !/\.(png|so|pem|bin|seed)$/ } @files) {
            my $n = 0;
            for my $text (split /\n/, slurp($file), -1) {
                $n++;
                for my $row (@words) { finding("$file:$n: $row->[1]: $&") if $text =~ $row->[0]; }
            }
        }
    },
    # Every code of problem.h stands in docs/errors.md with its cause and next step, and no other does.
    errors => sub {
        my %code = map { $_ => 1 } slurp('core/base/problem.h') =~ /^#define PX_\w+\s+"(PX-[A-Z-]+)"/mg;
        my %listed = map { $_ => 1 } slurp('docs/errors.md') =~ /^\| `(PX-[A-Z-]+)` \| [^|]+ \| [^|]+ \|$/mg;
        finding("docs/errors.md: no row `| \`$_\` | cause | next step |`") for grep { !$listed{$_} } sort keys %code;
        finding("docs/errors.md: $_ is not in core/base/problem.h") for grep { !$code{$_} } sort keys %listed;
        my %row = map { $_ => 1 } map { s/_/-/gr } slurp('core/base/problem_table.c') =~ /^    \{(PX_\w+),/mg;
        finding("core/base/problem_table.c: no row for $_") for grep { !$row{$_} } sort keys %code;
        finding("core/base/problem.h: no codes found") if !%code;
    },
    # Links between the project's own pages lead somewhere.
    links => sub {
        for my $file (grep { /\.md$/ } @files) {
            my $n = 0;
            for my $text (split /\n/, slurp($file), -1) {
                $n++;
                while ($text =~ /\]\(([^)#:]+)(?:#[^)]*)?\)/g) {
                    my $target = dirname($file) . "/$1";
                    finding("$file:$n: $1 is not there") unless -e $target;
                }
            }
        }
    },
);
die "source.pl: one of: @{[sort keys %checks]}\n" unless $what && $checks{$what};
$checks{$what}->();
printf "%s: %d files, %d findings\n", $what, scalar @files, $bad;
exit($bad ? 1 : 0);
