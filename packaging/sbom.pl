#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# Prints a bill of materials (SPDX 2.3, JSON) of what was built: the programs and objects, and every library that they ask
# the loader for, with the Debian package and version it came from here.   sbom.pl VERSION DATE FILE...
# The same files on the same system give the same bytes. Source: the SPDX specification 2.3.
use strict;
use warnings;
use Cwd qw(realpath);
use Digest::SHA;
use File::Basename qw(basename);
use JSON::PP;

my ($version, $date, @files) = @ARGV;
die "usage: sbom.pl VERSION DATE FILE...\n" unless @files;

# What each library is under, by the name of its source package.
my %licences = (curl => 'curl', 'json-c' => 'MIT', libssh2 => 'BSD-3-Clause', openssl => 'Apache-2.0', libyaml => 'MIT',
    libmicrohttpd => 'LGPL-2.1-or-later', libseccomp => 'LGPL-2.1-only', glibc => 'LGPL-2.1-or-later');

# run(WORDS): what a command prints, or nothing when it fails or is not there.
sub run {
    open(my $pipe, '-|', 'sh', '-c', 'exec "$@" 2>/dev/null', 'sh', @_) or return ();
    my @lines = <$pipe>;
    close $pipe or return ();
    chomp @lines;
    return @lines;
}

my (%needed, %paths);
for my $file (@files) {
    /\(NEEDED\).*\[(.*)\]/ and $needed{$1}{basename($file)} = 1 for run('readelf', '-d', $file);
    for (run('ldd', $file)) {
        $paths{$1} = $2 if m{^\s*(\S+) => (/\S+)};
        $paths{$2} = $1 if m{^\s*(/\S*/(\S+)) \(}; # the loader itself
    }
}
die "sbom: readelf says nothing of @files\n" unless %needed;

# package_of(SONAME): name, version and source of the Debian package that it is from.
sub package_of {
    my ($soname) = @_;
    my $path = $paths{$soname} or return ($soname, undef, undef);
    my $package;
    for my $try ($path, realpath($path), "/usr$path", '/usr' . realpath($path)) {
        last if (($package) = map { /^([^:,]+)/ ? $1 : () } run('dpkg-query', '-S', $try));
    }
    return ($soname, undef, undef) unless $package;
    my ($line) = run('dpkg-query', '-W', '-f', '${Version}\t${source:Package}\t${source:Upstream-Version}\n', $package);
    return ($package, split /\t/, $line);
}

my @packages = ({
    name => 'proximo', SPDXID => 'SPDXRef-Package-proximo', versionInfo => $version, downloadLocation => 'NOASSERTION',
    filesAnalyzed => JSON::PP::false, licenseConcluded => 'Apache-2.0', licenseDeclared => 'Apache-2.0',
    copyrightText => 'Copyright 2026 the proximo authors', primaryPackagePurpose => 'APPLICATION',
});
my @relations = ({spdxElementId => 'SPDXRef-DOCUMENT', relationshipType => 'DESCRIBES',
    relatedSpdxElement => 'SPDXRef-Package-proximo'});
for my $soname (sort keys %needed) {
    my ($package, $packaged, $source, $upstream) = package_of($soname);
    (my $id = "SPDXRef-Package-$soname") =~ s/[^A-Za-z0-9.-]/-/g;
    my $licence = defined $source ? $licences{$source} : undef;
    my %entry = (name => $soname, SPDXID => $id, versionInfo => $upstream // 'NOASSERTION',
        downloadLocation => 'NOASSERTION', filesAnalyzed => JSON::PP::false, licenseConcluded => 'NOASSERTION',
        licenseDeclared => $licence // 'NOASSERTION', copyrightText => 'NOASSERTION', primaryPackagePurpose => 'LIBRARY',
        comment => 'asked for by ' . join(', ', sort keys %{$needed{$soname}}));
    if (defined $packaged) {
        (my $encoded = $packaged) =~ s/([^A-Za-z0-9._~-])/sprintf '%%%02X', ord $1/ge;
        $entry{externalRefs} = [{referenceCategory => 'PACKAGE-MANAGER', referenceType => 'purl',
            referenceLocator => "pkg:deb/debian/$package\@$encoded"}];
    }
    push @packages, \%entry;
    push @relations, {spdxElementId => 'SPDXRef-Package-proximo', relationshipType => 'DEPENDS_ON', relatedSpdxElement => $id};
}

my %document = (spdxVersion => 'SPDX-2.3', dataLicense => 'CC0-1.0', SPDXID => 'SPDXRef-DOCUMENT', name => "proximo-$version",
    creationInfo => {created => $date, creators => ['Tool: proximo-sbom']}, packages => \@packages,
    relationships => \@relations);
my $json = JSON::PP->new->canonical->indent->indent_length(2)->space_after;
# Unique by what it says; an address nobody answers (RFC 2606), as the specification allows.
$document{documentNamespace} = "https://proximo.example/spdx/proximo-$version-" . Digest::SHA::sha256_hex($json->encode(\%document));
print $json->encode(\%document);
