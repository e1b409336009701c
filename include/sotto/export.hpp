/// \file
/// Marks the symbols that libsotto exports; everything else has hidden visibility.
#pragma once

#define SOTTO_API __attribute__((visibility("default")))
