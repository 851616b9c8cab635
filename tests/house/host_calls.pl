#!/usr/bin/perl
# Every call of struct proximo_host has a row in docs/planes.md's list of host calls, and every row is a call.
#   host_calls.pl ROOT
use strict;
use warnings;

my ($root) = @ARGV;
sub slurp {
    my ($name) = @_;
    open(my $in, '<:raw', "$root/$name") or die "host_calls.pl: $name: $!\n";
    local $/;
    return scalar(<$in>) // '';
}
my ($table) = slurp('core/include/proximo/plane.h') =~ /\nstruct proximo_host \{\n(.*?)\n\};/s
    or die "host_calls.pl: plane.h has no struct proximo_host\n";
$table =~ s{/\*.*?\*/}{}gs;
my %calls = map { $_ => 1 } grep { $_ ne '_reserved' } $table =~ /\(\*(\w+)\)/g;
my ($section) = slurp('docs/planes.md') =~ /\n## Every host call\n(.*?)(?=\n## |\z)/s
    or die "docs/planes.md: no section \"Every host call\"\n";
my %rows;
$rows{$_}++ for $section =~ /^\| `(\w+)` \|/mg;

my $wrong = 0;
for my $name (sort keys %calls) {
    next if $rows{$name};
    print "docs/planes.md: host->$name has no row in \"Every host call\"\n";
    $wrong++;
}
for my $name (sort keys %rows) {
    next if $calls{$name} && $rows{$name} == 1;
    print "docs/planes.md: ", ($calls{$name} ? "host->$name has more than one row" : "there is no host->$name"), "\n";
    $wrong++;
}
print scalar(keys %calls), " host calls, $wrong faults\n";
exit($wrong || !%calls ? 1 : 0);
